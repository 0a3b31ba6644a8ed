import type { FaultMoment, FaultOperation, InjectedFault } from "./fault.js";
import type { ParsedRule } from "./options.js";

/** One fault that is to strike one call. */
export interface Strike extends Pick<ParsedRule, "kind" | "fault"> {
  /** A share of the whole, 0 up to 1: where to cut or flip, if the fault doesn't say. */
  readonly place: number;
  /** Says that it has happened. */
  happened(): void;
}

/** The faults of one call, by their moment. */
export type Strikes = Readonly<Record<FaultMoment, readonly Strike[]>>;

interface PlannedRule {
  readonly rule: ParsedRule;
  readonly random: Random;
  /** Calls that the rule matched, and those that it faulty. */
  seen: number;
  struck: number;
}

const NONE: Strikes = { before: [], during: [], after: [] };

/** Decides which faults strike which call, when the call begins: what is awaited in between changes nothing. */
export class FaultPlan {
  readonly injected: InjectedFault[] = [];
  readonly #rules: readonly PlannedRule[];

  constructor(rules: readonly ParsedRule[], seed: number) {
    // Each rule draws from numbers of its own, so that one more rule does not change what the others do.
    this.#rules = rules.map((rule, index) => {
      const random = seededRandom(seed + Math.imul(index, 0x9e3779b9));
      return { rule, random, seen: 0, struck: 0 };
    });
  }

  /** @param paths one, or both of a copy */
  strikes(operation: FaultOperation, paths: readonly string[]): Strikes {
    let strikes: Record<FaultMoment, Strike[]> | undefined;
    for (const [index, planned] of this.#rules.entries()) {
      const { rule } = planned;
      if (!rule.on.has(operation) || !matches(rule, paths)) continue;
      planned.seen++;
      // Both are drawn for every call, so that what a rule does does not hang on what it did.
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

function matches({ path: wanted }: ParsedRule, paths: readonly string[]): boolean {
  if (wanted === undefined) return true;
  if (typeof wanted === "string") return paths.includes(wanted);
  // Not test(), which remembers where a global expression matched last.
  return paths.some((path) => (typeof wanted === "function" ? wanted(path) : path.search(wanted) !== -1));
}

/** Gives numbers from 0 up to, not including, 1. */
export type Random = () => number;

/**
 * The generator "mulberry32" (Tommy Ettinger, public domain): 32 bits of state, the same numbers on every machine. For
 * tests that can be run again, not for secrets.
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
