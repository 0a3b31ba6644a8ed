import { clock } from "../../options/fields.js";
import { randomInt } from "node:crypto";
import * as z from "zod/mini";
import { STORAGE_ERROR_CODES } from "../../errors/error.js";
import { systemClock, type Clock } from "../../async/clock.js";
import { parseOptions } from "../../options/parse-options.js";
import type { FaultKind, FaultMoment, FaultOperation, FaultRule } from "./fault.js";

/** Options of `FaultStore`. */
export interface FaultStoreOptions {
  /**
   * Decides everything that is random. The same seed and the same sequence of calls give the same faults. A whole
   * number from 0 to 4,294,967,295. Default: a new one each time. Print `store.seed` when a test fails.
   */
  seed?: number | undefined;
  /**
   * The faults, and when they happen. Each rule looks at each call. Several rules may strike one call, in this order.
   */
  faults: readonly FaultRule[];
  /** The clock for delays. Default: the clock of this machine. */
  clock?: Clock | undefined;
}

/** A {@link FaultRule} with all defaults filled in. */
export interface ParsedRule {
  readonly on: ReadonlySet<FaultOperation>;
  readonly when: FaultMoment;
  readonly rate: number;
  readonly times: number;
  readonly calls: ReadonlySet<number> | undefined;
  readonly path: FaultRule["path"];
  readonly kind: FaultKind;
  readonly fault: z.output<typeof fault>;
}

const OPERATIONS = ["write", "read", "stat", "delete", "list", "copy", "presign", "close"] as const;
const NOT_CLOSE: readonly FaultOperation[] = OPERATIONS.filter((operation) => operation !== "close");

const MOMENTS = ["before", "during", "after"] as const;
const DURING: readonly FaultOperation[] = ["write", "read", "list"];

/** The operations that each fault can strike, those that it strikes by default, and its moments. */
const KINDS: Record<
  FaultKind,
  { can: readonly FaultOperation[]; on: readonly FaultOperation[]; when: readonly FaultMoment[] }
> = {
  truncate: { can: ["read", "write"], on: ["read"], when: ["during"] },
  flip: { can: ["read", "write"], on: ["read"], when: ["during"] },
  partialList: { can: ["list"], on: ["list"], when: ["during"] },
  lostAcknowledgement: { can: ["write", "delete", "copy"], on: ["write", "delete", "copy"], when: ["after"] },
  delay: { can: OPERATIONS, on: NOT_CLOSE, when: MOMENTS },
  hang: { can: OPERATIONS, on: NOT_CLOSE, when: MOMENTS },
  // It is the last entry, because truncate and partialList may have an error too.
  error: { can: OPERATIONS, on: NOT_CLOSE, when: MOMENTS },
};

const count = z.int("must be a whole number").check(z.gte(0, "must be at least 0"));
const code = z.enum(STORAGE_ERROR_CODES);

const fault = z
  .strictObject({
    truncate: z.optional(z.union([count, z.literal(true)])),
    flip: z.optional(z.union([count, z.literal(true)])),
    partialList: z.optional(z.union([count, z.literal(true)])),
    lostAcknowledgement: z.optional(z.union([z.literal(true), z.enum(["UNAVAILABLE", "TIMEOUT"])])),
    delay: z.optional(z.number().check(z.gte(0))),
    hang: z.optional(z.literal(true)),
    error: z.optional(code),
  } satisfies Record<FaultKind, z.ZodMiniType>)
  .check(z.refine((given) => kindsOf(given).length === 1, `must be one of ${Object.keys(KINDS).join(", ")}`));

const rule = z
  .strictObject({
    on: z.optional(z.union([z.enum(OPERATIONS), z.array(z.enum(OPERATIONS)).check(z.minLength(1))])),
    when: z.optional(z.enum(MOMENTS)),
    rate: z.optional(z.number().check(z.gte(0), z.lte(1))),
    times: z.optional(count),
    calls: z.optional(z.array(count.check(z.gte(1, "must be at least 1")))),
    path: z.optional(
      z.custom<FaultRule["path"]>(
        (path) => typeof path === "string" || typeof path === "function" || path instanceof RegExp,
        "must be a string, a regular expression or a function",
      ),
    ),
    fault,
  })
  .check(({ value, issues }) => {
    const refuse = (field: string, message: string): void => {
      issues.push({ code: "custom", path: [field], message, input: value });
    };
    const [kind] = kindsOf(value.fault);
    if (kind === undefined) return; // `fault` has its own issue
    const { can, when } = KINDS[kind];
    if (![value.on ?? []].flat().every((operation) => can.includes(operation))) {
      refuse("on", `${kind} strikes only ${can.join(", ")}`);
    }
    if (value.when !== undefined && !when.includes(value.when)) refuse("when", `${kind} is always ${when.join(", ")}`);
    const operations = [value.on ?? []].flat();
    if (value.when === "during" && !operations.every((operation) => DURING.includes(operation))) {
      refuse("when", `only ${DURING.join(", ")} can be struck during the call`);
    }
    if (value.calls !== undefined && (value.rate ?? value.times) !== undefined) {
      refuse("calls", "can't be combined with rate or times");
    }
  });

const schema = z.strictObject({
  seed: z.optional(z.int("must be a whole number").check(z.gte(0), z.lte(0xffff_ffff))),
  faults: z.array(rule),
  clock: z._default(clock, systemClock),
});

/** @throws {StorageError} `CONFIG_INVALID` that names each invalid field */
export function parseFaultStoreOptions(options: FaultStoreOptions): {
  seed: number;
  clock: Clock;
  rules: readonly ParsedRule[];
} {
  const { seed = randomInt(2 ** 32), faults, clock } = parseOptions(schema, options, "FaultStore");
  return { seed, clock, rules: faults.map(completeRule) };
}

function completeRule(given: z.output<typeof rule>): ParsedRule {
  const kind = kindsOf(given.fault)[0]!;
  const { on, when } = KINDS[kind];
  const moment = given.when ?? when[0]!;
  const byDefault = given.when === "during" ? on.filter((operation) => DURING.includes(operation)) : on;
  return {
    on: new Set([given.on ?? byDefault].flat()),
    when: moment,
    rate: given.rate ?? 1,
    times: given.times ?? Infinity,
    calls: given.calls && new Set(given.calls),
    path: given.path,
    kind,
    fault: given.fault,
  };
}

/** Returns the kinds that the keys of a fault name. A valid fault names exactly one. */
function kindsOf(given: Partial<Record<FaultKind, unknown>>): FaultKind[] {
  const kinds = (Object.keys(KINDS) as FaultKind[]).filter((kind) => given[kind] !== undefined);
  const cuts = kinds.some((kind) => kind === "truncate" || kind === "partialList");
  return cuts ? kinds.filter((kind) => kind !== "error") : kinds;
}
