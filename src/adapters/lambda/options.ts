import * as z from "zod/mini";
import { timeToLive, type TimeToLive } from "../../configure/retention.js";
import { hasMethods, isFunction } from "../../options/fields.js";
import type { StorageManager } from "../../manager/storage-manager.js";
import { keptKeys } from "../messages/kept-keys.js";

/** What we need of the context of Lambda. */
export interface LambdaContext {
  readonly awsRequestId: string;
}

/** Bytes of JSON, by who reads a result. */
const LIMITS = {
  // States merge results into inputs, and both count against 262,144.
  // https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
  stepFunctions: 200_000,
  // https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
  lambdaSync: 6_291_456,
  lambdaAsync: 1_048_576,
};

/** Options of {@link withOffload} and {@link middyOffload}. */
export interface LambdaOptions<E = unknown> {
  /** Stores and reads what is too big to travel. */
  manager: StorageManager;
  /**
   * Most bytes of JSON of a result: `"stepFunctions"` (200,000, which leaves room for states that merge), `"lambdaSync"` (6 MiB),
   * `"lambdaAsync"` (1 MiB), or a number of at least 2048. Default `"stepFunctions"`. A result over it is packed into an eighth of
   * it, besides what is kept.
   */
  limit?: keyof typeof LIMITS | number | undefined;
  /** Most bytes of JSON of a result that goes as it is, default `limit`. Say less where states add up results. */
  over?: number | undefined;
  /**
   * Who owns what is stored; default `scopePath(event.execution)`, and where the event has none, that of the request id.
   *
   * @param event as the handler sees it
   */
  scope?: ((event: E, context: LambdaContext) => string) | undefined;
  /** Top-level keys that stay in a result as they are, for `Choice`, `Map` and paths. Default: those that are small. */
  keep?: readonly string[] | undefined;
  /**
   * Whether payloads are read for the handler, or in which top-level keys of the event; default true. What is not read stands
   * in the event as references, which the handler may hand on in its result.
   */
  hydrate?: boolean | readonly string[] | undefined;
  /** How long it lives, as in {@link DehydrateOptions}. */
  ttl?: TimeToLive | undefined;
}

export const manager = z.custom<StorageManager>(
  hasMethods("dehydrate", "hydrate", "plan", "release"),
  "must be a StorageManager",
);

export const lambdaSchema = z.strictObject({
  manager,
  limit: z._default(
    z.union([
      z.pipe(
        z.enum(["stepFunctions", "lambdaSync", "lambdaAsync"]),
        z.transform((name) => LIMITS[name]),
      ),
      z.int().check(z.gte(2048)),
    ]),
    LIMITS.stepFunctions,
  ),
  over: z.optional(z.int().check(z.gte(0))),
  scope: z.optional(z.custom<(event: never, context: LambdaContext) => string>(isFunction, "must be a function")),
  keep: z.optional(keptKeys),
  hydrate: z._default(
    z.union([
      z.boolean(),
      z.pipe(
        z.array(z.string()),
        z.transform((keys): ReadonlySet<string> => new Set(keys)),
      ),
    ]),
    true,
  ),
  ttl: z.optional(timeToLive),
});
