import type { StorageErrorCode } from "../../src/errors/error.js";
import type { FaultRule } from "../../src/testing/index.js";
import type { RandomChoice } from "../support/fault-run/random-choice.js";

/** What a case does to its stores. */
export interface ChosenFaults {
  readonly name: string;
  readonly rules: readonly FaultRule[];
  /** Whether bytes may come that nobody wrote: then calls may fail with `INTEGRITY`. */
  readonly lies: boolean;
}

const CODES: readonly StorageErrorCode[] = ["UNAVAILABLE", "THROTTLED", "TIMEOUT"];

/** A run of calls that all fail, as a service that is down or overrun answers: 500 and 503. */
function storm(choice: RandomChoice): FaultRule {
  const begin = 1 + choice.below(12);
  const calls = Array.from({ length: 1 + choice.below(12) }, (_, index) => begin + index);
  return { calls, fault: { error: choice.of(["UNAVAILABLE", "THROTTLED"] as const) } };
}

const RULES: readonly { readonly name: string; rules(choice: RandomChoice, rate: number): FaultRule[] }[] = [
  { name: "errors", rules: (choice, rate) => [{ rate, fault: { error: choice.of(CODES) } }] },
  {
    name: "errors afterwards",
    rules: (choice, rate) => [{ rate, when: "after", fault: { error: choice.of(CODES) } }],
  },
  { name: "storm", rules: (choice) => [storm(choice)] },
  { name: "lost acknowledgements", rules: (_, rate) => [{ rate, fault: { lostAcknowledgement: true } }] },
  {
    name: "broken bodies",
    rules: (_, rate) => [
      { on: ["read", "write"], rate, fault: { truncate: true, error: "UNAVAILABLE" } },
      { rate, fault: { partialList: true, error: "UNAVAILABLE" } },
    ],
  },
  {
    name: "delays",
    rules: (choice, rate) => [
      { rate, fault: { delay: choice.of([1, 40, 3000]) } },
      { rate, when: "during", fault: { delay: 20 } },
      { rate, when: "after", fault: { delay: choice.of([1, 300]) } },
    ],
  },
  {
    name: "stalls",
    rules: (choice, rate) => [
      { rate: rate / 3, when: choice.of(["before", "after"] as const), fault: { hang: true } },
      { on: ["read", "write", "list"], rate: rate / 3, when: "during", fault: { hang: true } },
    ],
  },
  {
    name: "short bodies",
    rules: (choice, rate) => [
      { on: choice.of([["read"], ["read", "write"]] as const), rate, fault: { truncate: true } },
    ],
  },
  { name: "flipped bits", rules: (_, rate) => [{ on: "read", rate, fault: { flip: true } }] },
];
const WAITS = ["delays", "stalls"];
const LIES = ["short bodies", "flipped bits"];

/** @param inRealTime nothing is chosen that only makes calls wait */
export function chooseFaults(choice: RandomChoice, inRealTime: boolean): ChosenFaults {
  const names: string[] = [];
  const rules: FaultRule[] = [];
  // Now and then nothing goes wrong, or nearly everything does.
  const count = choice.of([0, 1, 1, 2, 2, 3, 5]);
  for (let taken = 0; taken < count; taken++) {
    const kind = choice.of(RULES);
    if (names.includes(kind.name) || (inRealTime && WAITS.includes(kind.name))) continue;
    names.push(kind.name);
    rules.push(...kind.rules(choice, choice.of([0.02, 0.1, 0.3])));
  }
  return { name: names.join(", ") || "none", rules, lies: names.some((name) => LIES.includes(name)) };
}
