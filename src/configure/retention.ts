import * as z from "zod/mini";
import { systemClock, type Clock } from "../async/clock.js";
import { StorageError } from "../errors/error.js";
import { clock } from "../options/fields.js";
import { fitsScopePattern, isScopePattern } from "../paths/scope-pattern.js";
import { count } from "./fields.js";

/** How long payloads live. It is a time in milliseconds, or `"never"` for payloads that do not end by age. */
export type TimeToLive = number | "never";

/** How long the payloads of some scopes live. */
export interface RetentionPolicy {
  /**
   * A pattern of scopes. `*` stands for any characters of one segment, and `**` for any number of segments. The
   * pattern `orders/*` matches `orders/7`. The pattern `orders/**` also matches `orders/7/step-1`, and `orders`
   * itself.
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
   * Milliseconds that references of a call stay good for at least, from the beginning of the call. Default:
   * `"never"`. The minimum is `timeout` plus `margin`.
   *
   * The objects get a label in their path, `@2026-12-05` or `@2026-12-05T14`. The end of `ttl` is rounded up to the
   * hour. If `ttl` is over 48 hours, it is rounded up to the day (UTC).
   */
  ttl?: TimeToLive | undefined;
  /** The ttl by scope, instead of `ttl`. The first policy that matches the scope counts. Default: none. */
  policies?: readonly RetentionPolicy[] | undefined;
  /** Milliseconds that clocks may differ by. A pass waits this long after a label is over. Default: 3600000 (1 h). */
  margin?: number | undefined;
  /**
   * Milliseconds between the passes of all processes over one store. Default: 120000 (2 min). With 0, every call is a
   * pass.
   */
  gcInterval?: number | undefined;
  /** Objects that one pass looks at, default 2000. */
  maxScan?: number | undefined;
  /** Objects that one pass deletes, default 200. */
  maxDelete?: number | undefined;
  /** Milliseconds for which `collect` keeps unneeded objects without a label. Default: 86400000 (24 h). */
  minAge?: number | undefined;
  /** Whether a pass follows a `dehydrate` in the background when the interval is over. Default: false. */
  auto?: boolean | undefined;
  /** The clock. Default: the system's clock. */
  clock?: Clock | undefined;
}

/** The options of retention, checked, with their defaults. */
export type RetentionSettings = {
  readonly [Name in keyof RetentionOptions]-?: NonNullable<RetentionOptions[Name]>;
};

/** Milliseconds that clocks may differ by, if no option says otherwise. */
export const MARGIN = 3_600_000;

// A hundred years. Use "never" for anything that must live longer.
export const MAX_TTL = 36_525 * 86_400_000;

/** Milliseconds that an object lives. */
export const lifetime = z.int().check(z.gte(1), z.lte(MAX_TTL));

// Not a union, because the errors of a union say less.
export const timeToLive = z.custom<TimeToLive>(
  (value) => value === "never" || (Number.isInteger(value) && value >= 1 && value <= MAX_TTL),
  `must be milliseconds, an integer from 1 to ${MAX_TTL}, or "never"`,
);

const policy = z.strictObject({
  scope: z.string().check(z.refine(isScopePattern, "must be a scope, in which * and ** may stand")),
  ttl: timeToLive,
});

// Annotated, because the inferred type names types that older compilers do not know.
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

/** Returns what is wrong with a ttl, given the time limit of a call. `undefined` when the ttl is long enough. */
export function ttlProblem(ttl: TimeToLive, timeout: number, margin: number): string | undefined {
  if (ttl === "never" || ttl >= timeout + margin) return undefined;
  return `must be at least timeout and margin together (${timeout} + ${margin} ms), so that no reference is dead when its call ends`;
}

/** Returns the problems of a manager's ttls that contradict its time limit. */
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
 * Returns how long the objects of a call live.
 *
 * @param own the `ttl` of the call
 * @throws {StorageError} `CONFIG_INVALID` when the ttl is shorter than the time that the call may take
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
