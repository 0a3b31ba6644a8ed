import type { SQSClient } from "@aws-sdk/client-sqs";
import { forEachConcurrent } from "../../async/concurrency.js";
import { assertHandler } from "../../options/argument.js";
import { loaded } from "../amazon/sending.js";
import { handlingOptions } from "../messages/handlers/handling-options.js";
import { unlessProcessed } from "../messages/handlers/unless-processed.js";
import type { LambdaRecord } from "./received-message.js";
import { assertOffload } from "./sqs-consumer.js";
import type { SqsOffload } from "./sqs-offload.js";

/** A record of the event, as far as it matters here. `SQSRecord` of `@types/aws-lambda` fits this type. */
export interface BatchRecord extends LambdaRecord {
  receiptHandle: string;
  eventSourceARN: string;
}

/** Options of {@link sqsBatchHandler}. */
export interface BatchHandlerOptions<R> {
  /** Whether to stop processing after a failure. Default: true for queues whose name ends in `.fifo`. */
  fifo?: boolean | undefined;
  /** Records processed at a time, default 10. In a FIFO queue, always one. */
  concurrency?: number | undefined;
  /**
   * Deletes each message when its handler is done, and then settles it. Lambda itself deletes only after the function
   * has ended, when nothing can be settled any more. Needs the right `sqs:DeleteMessage`. Default: Lambda deletes,
   * and objects end by age.
   */
  settle?: { client: SQSClient; queueUrl: string } | undefined;
  /** Called with each record that failed. Default: no callback. */
  onFailure?: ((error: unknown, record: R) => void) | undefined;
}

/** Response to Lambda with the messages to redeliver. */
export interface BatchResponse {
  batchItemFailures: { itemIdentifier: string }[];
}

/**
 * Makes a Lambda handler for batches of SQS, with `ReportBatchItemFailures`. Each record is opened and handled by
 * itself. A record that can't be opened is reported as failed, and moves to the dead-letter queue by
 * `maxReceiveCount`. The queue needs a visibility timeout of six times the function's timeout.
 *
 * @throws {StorageError} `CONFIG_INVALID`
 * @example
 * export const handler = sqsBatchHandler(offload, async (record) => save(JSON.parse(record.body)));
 */
export function sqsBatchHandler<R extends BatchRecord, C>(
  offload: SqsOffload,
  handler: (record: R, context: C) => Promise<void>,
  options: BatchHandlerOptions<R> = {},
): (event: { Records: R[] }, context: C) => Promise<BatchResponse> {
  const names = ["fifo", "concurrency", "settle", "onFailure"] as const;
  const { fifo, concurrency = 10, settle, onFailure } = handlingOptions(options, names, "sqsBatchHandler");
  assertOffload(offload, "sqsBatchHandler");
  assertHandler(handler, "sqsBatchHandler");
  const handle = async (record: R, context: C): Promise<void> => {
    const found = await unlessProcessed(offload.offloader, offload.open(record));
    if (found !== undefined) await handler(found.opened, context);
    if (settle !== undefined) await acknowledge(record, settle);
  };
  const acknowledge = async (record: R, { client, queueUrl }: { client: SQSClient; queueUrl: string }) => {
    const { DeleteMessageCommand } = await loaded(() => import("@aws-sdk/client-sqs"), "@aws-sdk/client-sqs");
    await client.send(new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle: record.receiptHandle }));
    // The message is processed and deleted. Objects that remain end by age.
    await offload.settle(record).catch((error: unknown) => onFailure?.(error, record));
  };
  return async ({ Records }, context) => {
    const failures = new Set<R>();
    const isOrdered = fifo ?? Records[0]?.eventSourceARN.endsWith(".fifo") ?? false;
    await forEachConcurrent(Records, isOrdered ? 1 : concurrency, new AbortController().signal, async (record) => {
      if (isOrdered && failures.size > 0) {
        failures.add(record);
        return;
      }
      try {
        await handle(record, context);
      } catch (error) {
        failures.add(record);
        onFailure?.(error, record);
      }
    });
    const failed = Records.filter((record) => failures.has(record));
    return { batchItemFailures: failed.map(({ messageId }) => ({ itemIdentifier: messageId })) };
  };
}
