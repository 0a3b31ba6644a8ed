import type { SerdesContext } from "@aws/durable-execution-sdk-js";
import * as z from "zod/mini";
import { systemClock, type Clock } from "../../async/clock.js";
import type { StorageManager } from "../../manager/storage-manager.js";
import { scopePath } from "../../object/scope-path.js";
import { clock } from "../../options/fields.js";
import { engineFields, functionField } from "../messages/engine-fields.js";
import { RetryPolicy } from "../../store/layers/retry-policy.js";

/** Options of {@link durableSerdes} and {@link durableHandler}. */
export interface DurableOptions {
  /** Stores and reads large values. It should have a `readCache`, since every replay reads all results again. */
  manager: StorageManager;
  /** Most bytes of JSON of a value, whether packed or not. Default 261120, for a checkpoint of 256 KiB. */
  over?: number | undefined;
  /** Scope of the objects of operations. Default `durable/{function}/{execution}/{invocation}`, from the ARN. */
  scope?: ((context: SerdesContext) => string) | undefined;
  /**
   * Attempts per value, default 4, with growing waits from 100 ms on. If all fail, the invocation fails, and the work
   * of the step is lost.
   */
  retry?: { attempts: number; clock?: Clock | undefined } | undefined;
}

export const durableSchema = z.strictObject({
  manager: engineFields.manager,
  // The SDK keeps results of up to 256 KiB. 1 KiB is left for additions by the service.
  over: z._default(z.int().check(z.gte(2048)), 261_120),
  scope: z._default(functionField<(context: SerdesContext) => string>(), () => scopeOf),
  retry: z._default(z.strictObject({ attempts: z.int().check(z.gte(1)), clock: z._default(clock, systemClock) }), {
    attempts: 4,
    clock: systemClock,
  }),
});

export type DurableSettings = z.output<typeof durableSchema>;

const ARN = /^arn:[^:]*:lambda:[^:]*:[^:]*:function:([^:/]+):[^:/]+\/durable-execution\/([^/]+)\/([^/]+)$/;

/** Returns the scope of an execution. An ARN of another form, as test runners have, is used as a whole. */
export function executionScope(root: string, arn: string): string {
  return scopePath(root, ...(ARN.exec(arn)?.slice(1) ?? [arn]));
}

function scopeOf({ durableExecutionArn }: SerdesContext): string {
  return executionScope("durable", durableExecutionArn);
}

/** Retries work that may succeed later. */
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
