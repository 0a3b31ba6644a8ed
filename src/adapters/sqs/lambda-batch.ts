import type { SQSClient } from "@aws-sdk/client-sqs";
import { forEachConcurrent } from "../../async/concurrency.js";
import { loaded } from "../amazon/sending.js";
import { unlessProcessed } from "../messages/unless-processed.js";
import type { LambdaRecord } from "./received-message.js";
import type { SqsOffload } from "./sqs-offload.js";

/** A record of the event, as far as it matters here: `SQSRecord` of `@types/aws-lambda` is one. */
export interface BatchRecord extends LambdaRecord {
  receiptHandle: string;
  eventSourceARN: string;
}

/** Options of {@link sqsBatchHandler}. */
export interface BatchHandlerOptions<R> {
  /** Whether nothing is processed after a failure; default for queues whose name ends in `.fifo`. */
  fifo?: boolean | undefined;
  /** Records at a time, default 10; in a FIFO queue it is always one. */
  concurrency?: number | undefined;
  /**
   * Deletes each message when its handler is done, and settles it then: Lambda deletes after the function has ended, when
   * nobody can settle. Needs the right `sqs:DeleteMessage`. Default: Lambda deletes, and objects end by age.
   */
  settle?: { client: SQSClient; queueUrl: string } | undefined;
  /** Is told of each record that failed. Default: nobody is. */
  onFailure?: ((error: unknown, record: R) => void) | undefined;
}

/** What Lambda is told: which messages are to be delivered again. */
export interface BatchResponse {
  batchItemFailures: { itemIdentifier: string }[];
}

/**
 * A Lambda handler for batches of SQS, with `ReportBatchItemFailures`. Each record is opened and handled by itself; one that
 * can't be opened is reported as failed, and gets to the dead-letter queue by `maxReceiveCount`. The queue needs a visibility
 * timeout of six times that of the function.
 *
 * @example
 * export const handler = sqsBatchHandler(offload, async (record) => save(JSON.parse(record.body)));
 */
export function sqsBatchHandler<R extends BatchRecord, C>(
  offload: SqsOffload,
  handler: (record: R, context: C) => Promise<void>,
  { fifo, concurrency = 10, settle, onFailure }: BatchHandlerOptions<R> = {},
): (event: { Records: R[] }, context: C) => Promise<BatchResponse> {
  const handle = async (record: R, context: C): Promise<void> => {
    const found = await unlessProcessed(offload.offloader, offload.open(record));
    if (found !== undefined) await handler(found.opened, context);
    if (settle !== undefined) await acknowledge(record, settle);
  };
  const acknowledge = async (record: R, { client, queueUrl }: { client: SQSClient; queueUrl: string }) => {
    const { DeleteMessageCommand } = await loaded(() => import("@aws-sdk/client-sqs"), "@aws-sdk/client-sqs");
    await client.send(new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle: record.receiptHandle }));
    // It is processed and gone: objects that are left end by age.
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
