import * as z from "zod/mini";
import { StorageError } from "../../errors/error.js";
import { isObject } from "../../json/is-object.js";
import type { StorageManager } from "../../manager/storage-manager.js";
import { scopePath } from "../../object/scope-path.js";
import { parseOptions } from "../../options/parse-options.js";
import { engineFields, functionField } from "../messages/engine-fields.js";
import { executionOf } from "./lambda-offload.js";

/** Final status of an execution of Step Functions. */
export type ExecutionStatus = "SUCCEEDED" | "FAILED" | "TIMED_OUT" | "ABORTED";

/** An execution that has ended. */
export interface EndedExecution {
  /** Name of the execution, or the `execution` that the last state was given. */
  readonly execution: string;
  /** ARN of the execution, as the rule's event has it. */
  readonly executionArn?: string | undefined;
}

/** Options of {@link releaseHandler}. */
export interface ReleaseHandlerOptions {
  manager: StorageManager;
  /** Scope of the execution's states; default `scopePath(execution)`. */
  scope?: ((ended: EndedExecution) => string) | undefined;
  /**
   * Final statuses after which to delete, among those that a rule reports. Default `["SUCCEEDED"]`, since a redrive
   * needs the payloads of the others.
   */
  statuses?: readonly ExecutionStatus[] | undefined;
}

const schema = z.strictObject({
  manager: engineFields.manager,
  scope: z._default(functionField<(ended: EndedExecution) => string>(), () => executionScope),
  statuses: z._default(z.array(z.enum(["SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"])), ["SUCCEEDED"]),
});

/**
 * Makes a Lambda handler that deletes the objects of an execution. It can be the execution's last state, whose event
 * has `execution`. It can also be the target of an EventBridge rule on "Step Functions Execution Status Change".
 *
 * @throws {StorageError} `CONFIG_INVALID`. The handler rejects with `CONFIG_INVALID` for an event that names no
 *   execution, and with the errors of `release`.
 * @example
 * export const handler = releaseHandler({ manager });
 */
export function releaseHandler(
  options: ReleaseHandlerOptions,
): (event: unknown) => Promise<{ execution: string; deleted: number }> {
  const { manager, scope, statuses } = parseOptions(schema, options, "releaseHandler");
  return async (event) => {
    const { ended, status } = endOf(event);
    if (status !== undefined && !statuses.some((meant) => meant === status)) {
      return { execution: ended.execution, deleted: 0 };
    }
    const { deleted } = await manager.release(scope(ended));
    return { execution: ended.execution, deleted };
  };
}

function executionScope({ execution }: EndedExecution): string {
  return scopePath(execution);
}

function endOf(event: unknown): { ended: EndedExecution; status?: unknown } {
  const detail = isObject(event) ? event["detail"] : undefined;
  if (isObject(detail) && typeof detail["name"] === "string" && detail["name"] !== "") {
    const { name, executionArn, status } = detail;
    return { ended: { execution: name, executionArn: executionArn as string | undefined }, status: status ?? null };
  }
  const execution = executionOf(event);
  if (execution !== undefined) return { ended: { execution } };
  throw new StorageError(
    "CONFIG_INVALID",
    'The event names no execution: pass "execution.$": "$$.Execution.Name" to the state, or the event of the rule.',
    { operation: "release" },
  );
}
