import { StorageError } from "../../errors/error.js";
import type { FaultMoment, FaultOperation, InjectedFault } from "./fault.js";
import type { ParsedRule } from "./options.js";

/** One fault that will strike one call. */
export interface Strike extends Pick<ParsedRule, "kind" | "fault"> {
  /** A share of the whole, from 0 up to 1. It says where to cut or flip, if the fault does not. */
  readonly place: number;
  /** Reports that the fault has happened. */
  happened(): void;
}

/** The faults of one call, by their moment. */
export type Strikes = Readonly<Record<FaultMoment, readonly Strike[]>>;

interface PlannedRule {
  readonly rule: ParsedRule;
  readonly random: Random;
  /** Number of calls that the rule matched, and number of calls that it struck. */
  seen: number;
  struck: number;
}

const NONE: Strikes = { before: [], during: [], after: [] };

/** Decides which faults strike which call, when the call begins. So awaits in between change nothing. */
export class FaultPlan {
  readonly injected: InjectedFault[] = [];
  readonly #rules: readonly PlannedRule[];

  constructor(rules: readonly ParsedRule[], seed: number) {
    // Each rule has its own random numbers, so that another rule does not change what the rest do.
    this.#rules = rules.map((rule, index) => {
      const random = seededRandom(seed + Math.imul(index, 0x9e3779b9));
      return { rule, random, seen: 0, struck: 0 };
    });
  }

  /** @param paths one path, or both paths of a copy */
  strikes(operation: FaultOperation, paths: readonly string[]): Strikes {
    let strikes: Record<FaultMoment, Strike[]> | undefined;
    for (const [index, planned] of this.#rules.entries()) {
      const { rule } = planned;
      if (!rule.on.has(operation) || !matches(rule, index, paths)) continue;
      planned.seen++;
      // Both numbers are drawn for every call, so that a rule does not depend on its earlier strikes.
      const [chance, place] = [planned.random(), planned.random()];
      if (!isDue(planned, chance)) continue;
      planned.struck++;
      const { kind, fault, when } = rule;
      const news = { kind, operation, when, path: paths[0] ?? "", rule: index };
      strikes ??= { before: [], during: [], after: [] };
      strikes[when].push({ kind, fault, place, happened: () => void this.injected.push(news) });
    }
    return strikes ?? NONE;
  }
}

function isDue({ rule, seen, struck }: PlannedRule, chance: number): boolean {
  return rule.calls === undefined ? struck < rule.times && chance < rule.rate : rule.calls.has(seen);
}

function matches({ path: wanted }: ParsedRule, index: number, paths: readonly string[]): boolean {
  if (wanted === undefined) return true;
  if (typeof wanted === "string") return paths.includes(wanted);
  try {
    // Not test(), which remembers where a global expression matched last.
    return paths.some((path) => (typeof wanted === "function" ? wanted(path) : path.search(wanted) !== -1));
  } catch (cause) {
    const message = `The function faults.${index}.path of FaultStore threw: see the cause. It must return true or false for every path.`;
    throw new StorageError("CONFIG_INVALID", message, { operation: "configure", cause });
  }
}

/** Returns numbers from 0 up to, but not including, 1. */
export type Random = () => number;

/**
 * Makes the generator "mulberry32" (Tommy Ettinger, public domain). It has 32 bits of state, and gives the same
 * numbers on every machine. It is for tests that can be repeated, not for secrets.
 *
 * @param seed a whole number; only its lowest 32 bits count
 */
export function seededRandom(seed: number): Random {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
}
