import type { DurableInstrumentationPlugin } from "@aws/durable-execution-sdk-js";
import * as z from "zod/mini";
import type { StorageManager } from "../../manager/storage-manager.js";
import { isFunction } from "../../options/fields.js";
import { parseOptions } from "../../options/parse-options.js";
import { executionScope, manager } from "./options.js";

/** Options of {@link durableRelease}. */
export interface DurableReleaseOptions {
  manager: StorageManager;
  /** The scope of an execution, as `durableSerdes` was told; default that of its ARN. */
  scope?: ((arn: string) => string) | undefined;
}

const schema = z.strictObject({
  manager,
  scope: z._default(
    z.custom<(arn: string) => string>(isFunction, "must be a function"),
    () => (arn: string) => executionScope("durable", arn),
  ),
});

/**
 * A plugin of `withDurableExecution` that deletes what the operations of an execution stored, once it has succeeded or failed. Its
 * result stays. History that is read later shows references that lead nowhere. The SDK keeps failures of plugins to itself: have
 * a `ttl` behind it, longer than executions run.
 *
 * @throws {StorageError} `CONFIG_INVALID`
 * @example
 * export const handler = withDurableExecution(durableHandler({ manager }, run), { plugins: [durableRelease({ manager })] });
 */
export function durableRelease(options: DurableReleaseOptions): DurableInstrumentationPlugin {
  const { manager: own, scope } = parseOptions(schema, options, "durableRelease");
  return {
    onInvocationEnd: async ({ status, executionArn }) => {
      if (status === "SUCCEEDED" || status === "FAILED") await own.release(scope(executionArn));
    },
  };
}
