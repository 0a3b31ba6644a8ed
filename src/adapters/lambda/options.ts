import * as z from "zod/mini";
import type { TimeToLive } from "../../configure/retention.js";
import type { StorageManager } from "../../manager/storage-manager.js";
import { engineFields, functionField } from "../messages/engine-fields.js";
import { rules } from "../messages/rules.js";
import { keptKeys } from "../messages/kept-keys.js";

/** The part of Lambda's context that is used. */
export interface LambdaContext {
  readonly awsRequestId: string;
}

/** Limits in bytes of JSON, by the reader of a result. */
const LIMITS = {
  // States merge results into inputs, and both count against 262,144.
  // https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
  stepFunctions: 200_000,
  // https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
  lambdaSync: rules.lambdaSync.maxMessage,
  lambdaAsync: rules.lambdaAsync.maxMessage,
};

/** Options of {@link withOffload} and {@link middyOffload}. */
export interface LambdaOptions<E = unknown> {
  /** Stores and reads values that are too big to travel. */
  manager: StorageManager;
  /**
   * Most bytes of JSON of a result, default `"stepFunctions"`. A larger result is packed into an eighth of the limit,
   * plus the keys of `keep`.
   *
   * - `"stepFunctions"`: 200,000 bytes, which leaves room for states that merge results
   * - `"lambdaSync"`: 6 MiB
   * - `"lambdaAsync"`: 1 MiB
   * - a number of at least 2048
   */
  limit?: keyof typeof LIMITS | number | undefined;
  /**
   * Most bytes of JSON of a result that stay unpacked, default `limit`. Set a smaller value if states accumulate
   * results.
   */
  over?: number | undefined;
  /**
   * Scope of stored values. Default: `scopePath(event.execution)`, or the scope of the request id if the event has no
   * execution.
   *
   * @param event the opened event, as the handler gets it
   */
  scope?: ((event: E, context: LambdaContext) => string) | undefined;
  /** Top-level keys that stay in a result as they are, for `Choice`, `Map` and paths. Default: the small ones. */
  keep?: readonly string[] | undefined;
  /**
   * Whether payloads are read for the handler, or the top-level keys of the event to read; default true. Payloads
   * that are not read stand in the event as references. The handler may hand these on in its result.
   */
  hydrate?: boolean | readonly string[] | undefined;
  /** Lifetime of stored values, as in {@link DehydrateOptions}. */
  ttl?: TimeToLive | undefined;
}

export const lambdaSchema = z.strictObject({
  manager: engineFields.manager,
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
  over: engineFields.over,
  scope: z.optional(functionField<(event: never, context: LambdaContext) => string>()),
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
  ttl: engineFields.ttl,
});
