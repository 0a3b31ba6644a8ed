import * as z from "zod/mini";
import { systemClock, type Clock } from "../async/clock.js";
import { StorageError } from "../errors/error.js";
import { clock } from "../options/fields.js";
import { fitsScopePattern, isScopePattern } from "../paths/scope-pattern.js";
import { count } from "./fields.js";

/** How long payloads live: a time in milliseconds, or `"never"` for those that do not end by age. */
export type TimeToLive = number | "never";

/** How long the payloads of some scopes live. */
export interface RetentionPolicy {
  /**
   * Which scopes: `*` stands for any characters of one segment, `**` for any number of segments. `orders/*` is that of
   * `orders/7`, `orders/**` that of `orders/7/step-1` too, and of `orders` itself.
   */
  scope: string;
  /** Milliseconds, or `"never"`. */
  ttl: TimeToLive;
}

/**
 * How payloads end by age, and how much one pass of `collect` does.
 *
 * @example
 * const DAY = 24 * 60 * 60 * 1000;
 * const retention = { ttl: 7 * DAY, policies: [{ scope: "audit/**", ttl: "never" as const }] };
 */
export interface RetentionOptions {
  /**
   * Milliseconds that references of a call stay good from its beginning, at the least; default `"never"`. The objects get
   * a label in their path, `@2026-12-05` or `@2026-12-05T14`: `ttl` rounded up to the hour, or to the day (UTC) when it
   * is over 48 hours. It must be at least `timeout` and `margin` together.
   */
  ttl?: TimeToLive | undefined;
  /** The ttl by scope, in place of `ttl`: the first that fits the scope counts. Default none. */
  policies?: readonly RetentionPolicy[] | undefined;
  /** Milliseconds that clocks may differ by, and that a pass waits after a label is over; default 3600000 (1 h). */
  margin?: number | undefined;
  /** Milliseconds between the passes of all processes over one store; default 120000 (2 min). 0: every call is one. */
  gcInterval?: number | undefined;
  /** Objects that one pass looks at, default 2000. */
  maxScan?: number | undefined;
  /** Objects that one pass deletes, default 200. */
  maxDelete?: number | undefined;
  /** Milliseconds for which `collect` keeps what nobody needs and carries no label; default 86400000 (24 h). */
  minAge?: number | undefined;
  /** Whether a pass follows a `dehydrate` in the background when the interval is over; default false. */
  auto?: boolean | undefined;
  /** Where the time comes from; default the system's. */
  clock?: Clock | undefined;
}

/** Retention, checked, with its defaults. */
export interface RetentionSettings {
  readonly ttl: TimeToLive;
  readonly policies: readonly Readonly<RetentionPolicy>[];
  readonly margin: number;
  readonly gcInterval: number;
  readonly maxScan: number;
  readonly maxDelete: number;
  readonly minAge: number;
  readonly auto: boolean;
  readonly clock: Clock;
}

/** Milliseconds that clocks may differ by, unless options say. */
export const MARGIN = 3_600_000;

// A hundred years: what is to live longer lives for ever.
export const MAX_TTL = 36_525 * 86_400_000;

/** Milliseconds that something lives. */
export const lifetime = z.int().check(z.gte(1), z.lte(MAX_TTL));

// Not a union, whose errors say less.
export const timeToLive = z.custom<TimeToLive>(
  (value) => value === "never" || (Number.isInteger(value) && value >= 1 && value <= MAX_TTL),
  `must be milliseconds, an integer from 1 to ${MAX_TTL}, or "never"`,
);

const policy = z.strictObject({
  scope: z.string().check(z.refine(isScopePattern, "must be a scope, in which * and ** may stand")),
  ttl: timeToLive,
});

// Annotated, since what is inferred names types that older compilers do not know.
export const retention: z.ZodMiniType<RetentionSettings> = z.strictObject({
  ttl: z._default(timeToLive, "never"),
  policies: z._default(z.array(policy), []),
  margin: z._default(count, MARGIN),
  gcInterval: z._default(count, 120_000),
  maxScan: z._default(z.int().check(z.gte(1)), 2000),
  maxDelete: z._default(z.int().check(z.gte(1)), 200),
  minAge: z._default(count, 86_400_000),
  auto: z._default(z.boolean(), false),
  clock: z._default(clock, systemClock),
});

/** Says what is wrong with a ttl beside the time limit of a call, or `undefined` when it is long enough. */
export function ttlProblem(ttl: TimeToLive, timeout: number, margin: number): string | undefined {
  if (ttl === "never" || ttl >= timeout + margin) return undefined;
  return `must be at least timeout and margin together (${timeout} + ${margin} ms), so that no reference is dead when its call ends`;
}

/** What the options of a manager say that contradicts its time limit. */
export function retentionProblems(
  { ttl, policies, margin }: RetentionSettings,
  timeout: number,
): { path: (string | number)[]; message: string }[] {
  const ttls: [(string | number)[], TimeToLive][] = [
    [["ttl"], ttl],
    ...policies.map((own, index): [(string | number)[], TimeToLive] => [["policies", index, "ttl"], own.ttl]),
  ];
  return ttls.flatMap(([path, own]) => {
    const message = ttlProblem(own, timeout, margin);
    return message === undefined ? [] : [{ path, message }];
  });
}

/**
 * How long the objects of a call live.
 *
 * @param own the `ttl` of the call
 * @throws {StorageError} `CONFIG_INVALID` when that is shorter than the call may take
 */
export function ttlOf(
  { retention: { ttl, policies, margin }, timeout }: { retention: RetentionSettings; timeout: number },
  scope: string,
  own: TimeToLive | undefined,
): TimeToLive {
  const result = own ?? policies.find((policy) => fitsScopePattern(policy.scope, scope))?.ttl ?? ttl;
  const problem = ttlProblem(result, timeout, margin);
  if (problem === undefined) return result;
  const option =
    own === undefined ? "The ttl of the manager's retention" : "The options of dehydrate are not valid. ttl:";
  throw new StorageError("CONFIG_INVALID", `${option} ${problem}.`, { operation: "configure" });
}
