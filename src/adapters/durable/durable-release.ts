import type { DurableInstrumentationPlugin } from "@aws/durable-execution-sdk-js";
import * as z from "zod/mini";
import type { StorageManager } from "../../manager/storage-manager.js";
import { parseOptions } from "../../options/parse-options.js";
import { engineFields, functionField } from "../messages/engine-fields.js";
import { executionScope } from "./options.js";

/** Options of {@link durableRelease}. */
export interface DurableReleaseOptions {
  manager: StorageManager;
  /** Scope of an execution, as `durableSerdes` has it. Default: derived from the ARN. */
  scope?: ((arn: string) => string) | undefined;
}

const schema = z.strictObject({
  manager: engineFields.manager,
  scope: z._default(functionField<(arn: string) => string>(), () => (arn: string) => executionScope("durable", arn)),
});

/**
 * Makes a plugin for `withDurableExecution` that deletes the objects of an execution's operations. It deletes them
 * when the execution has succeeded or failed. The result of the execution stays. Its history then shows references to
 * deleted objects. The SDK does not report failures of plugins, so also set a `ttl` longer than executions run.
 *
 * @throws {StorageError} `CONFIG_INVALID`
 * @example
 * export const handler = withDurableExecution(durableHandler({ manager }, run), { plugins: [durableRelease({ manager })] });
 */
export function durableRelease(options: DurableReleaseOptions): DurableInstrumentationPlugin {
  const { manager, scope } = parseOptions(schema, options, "durableRelease");
  return {
    onInvocationEnd: async ({ status, executionArn }) => {
      if (status === "SUCCEEDED" || status === "FAILED") await manager.release(scope(executionArn));
    },
  };
}
