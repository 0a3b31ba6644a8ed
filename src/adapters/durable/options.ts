import type { SerdesContext } from "@aws/durable-execution-sdk-js";
import * as z from "zod/mini";
import { systemClock, type Clock } from "../../async/clock.js";
import type { StorageManager } from "../../manager/storage-manager.js";
import { scopePath } from "../../object/scope-path.js";
import { clock, hasMethods, isFunction } from "../../options/fields.js";
import { RetryPolicy } from "../../store/layers/retry-policy.js";

/** Options of {@link durableSerdes} and {@link durableHandler}. */
export interface DurableOptions {
  /** Stores and reads what is too big. Give it a `readCache`: every replay reads all results again. */
  manager: StorageManager;
  /** Most bytes of JSON of what goes as it is, and of what is packed; default 261120, for a checkpoint of 256 KiB. */
  over?: number | undefined;
  /** Who owns what operations store; default `durable/{function}/{execution}/{invocation}`, of the ARN. */
  scope?: ((context: SerdesContext) => string) | undefined;
  /**
   * How often one value is tried in all, default 4 times, with growing waits from 100 ms on. A failure that is left throws the
   * invocation away, and with it what the step has done.
   */
  retry?: { attempts: number; clock?: Clock | undefined } | undefined;
}

export const manager = z.custom<StorageManager>(
  hasMethods("dehydrate", "hydrate", "plan", "release"),
  "must be a StorageManager",
);

export const durableSchema = z.strictObject({
  manager,
  // The SDK keeps results of 256 KiB; 1 KiB is for what the service adds.
  over: z._default(z.int().check(z.gte(2048)), 261_120),
  scope: z._default(
    z.custom<(context: SerdesContext) => string>(isFunction, "must be a function"),
    () =>
      ({ durableExecutionArn }: SerdesContext) =>
        executionScope("durable", durableExecutionArn),
  ),
  retry: z._default(z.strictObject({ attempts: z.int().check(z.gte(1)), clock: z._default(clock, systemClock) }), {
    attempts: 4,
    clock: systemClock,
  }),
});

export type DurableSettings = z.output<typeof durableSchema>;

const ARN = /^arn:[^:]*:lambda:[^:]*:[^:]*:function:([^:/]+):[^:/]+\/durable-execution\/([^/]+)\/([^/]+)$/;

/** The scope of an execution; of an ARN of another form, as test runners have, it is the whole one. */
export function executionScope(root: string, arn: string): string {
  return scopePath(root, ...(ARN.exec(arn)?.slice(1) ?? [arn]));
}

/** Tries again what may succeed later. */
export function retrying({ retry }: DurableSettings): <T>(run: () => Promise<T>) => Promise<T> {
  const times = { maxElapsed: 60_000, baseDelay: 100, maxDelay: 10_000 };
  const policy = new RetryPolicy({ ...retry, ...times, random: Math.random, observer: undefined });
  return async (run) => {
    const attempts = policy.begin({ operation: "write", store: "durable" });
    for (;;) {
      try {
        return await run();
      } catch (error) {
        await attempts.next(error, undefined);
      }
    }
  };
}
