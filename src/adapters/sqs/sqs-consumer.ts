import type { Message } from "@aws-sdk/client-sqs";
import { StorageError } from "../../errors/error.js";
import { isObject } from "../../json/is-object.js";
import { assertArgument } from "../../options/argument.js";
import { hasMethods, isFunction } from "../../options/fields.js";
import { unlessProcessed } from "../messages/handlers/unless-processed.js";
import type { SqsOffload } from "./sqs-offload.js";

/** A handler for one message, or for a whole batch, in the form of the options of `sqs-consumer`. */
export type ConsumerHandler =
  | { handleMessage: (message: Message) => Promise<Message | undefined> }
  | { handleMessageBatch: (messages: Message[]) => Promise<Message[] | undefined> };

/** Options for `sqs-consumer` that `consumerOptions` returns. */
export type ConsumerOptionsFor<H> = H & { messageAttributeNames: string[] };

/** A consumer of `sqs-consumer`, as far as it matters here. */
export interface ConsumerEvents {
  on(event: "message_processed", listener: (message: Message) => void): unknown;
}

/** Called with each message that failed. Default: no callback. */
export type OnFailure = (error: unknown, message: Message) => void;

/**
 * Makes options for `sqs-consumer` whose handler gets opened messages. The options request all attributes. In a
 * batch, a message that can't be opened is neither handled nor acknowledged. In a FIFO queue, neither are the
 * messages after it in its group.
 *
 * @throws {StorageError} `CONFIG_INVALID`
 * @example
 * const consumer = Consumer.create({ queueUrl, sqs, ...consumerOptions(offload, { handleMessage }) });
 * settleAfterDelete(offload, consumer);
 */
export function consumerOptions<H extends ConsumerHandler>(
  offload: SqsOffload,
  handler: H,
  onFailure?: OnFailure,
): ConsumerOptionsFor<H> {
  assertOffload(offload, "consumerOptions");
  const given: unknown = handler;
  const { handleMessage, handleMessageBatch } = isObject(given) ? given : {};
  const isHandler = isFunction(handleMessage) || isFunction(handleMessageBatch);
  assertArgument(
    isHandler,
    "consumerOptions",
    "handler: must be { handleMessage } or { handleMessageBatch }, a function",
  );
  const own =
    "handleMessage" in handler
      ? { handleMessage: oneByOne(offload, handler.handleMessage) }
      : { handleMessageBatch: batchwise(offload, handler.handleMessageBatch, onFailure) };
  return { ...handler, ...own, messageAttributeNames: ["All"] };
}

/**
 * Deletes the objects of a message after the consumer has deleted the message, on `message_processed`.
 *
 * @throws {StorageError} `CONFIG_INVALID`, also for a consumer that does not delete messages
 */
export function settleAfterDelete(offload: SqsOffload, consumer: ConsumerEvents, onFailure?: OnFailure): void {
  assertOffload(offload, "settleAfterDelete");
  assertArgument(hasMethods("on")(consumer), "settleAfterDelete", "consumer: must be a consumer of sqs-consumer");
  if ((consumer as { shouldDeleteMessages?: boolean }).shouldDeleteMessages === false) {
    throw new StorageError(
      "CONFIG_INVALID",
      "A consumer with shouldDeleteMessages: false says that a message was processed while it is still in the queue: settle it yourself.",
      { operation: "configure" },
    );
  }
  consumer.on("message_processed", (message) => {
    offload.settle(message).catch((error: unknown) => onFailure?.(error, message));
  });
}

/** Refuses what is no adapter of SQS. @throws {StorageError} `CONFIG_INVALID` */
export function assertOffload(offload: unknown, owner: string): void {
  assertArgument(hasMethods("open", "settle")(offload), owner, "offload: must be what sqsOffload returned");
}

/**
 * Wraps a handler of one message. The consumer deletes and settles by the message that the wrapper returns, so it
 * must be the message as received.
 */
function oneByOne(offload: SqsOffload, handle: (message: Message) => Promise<Message | undefined>) {
  return async (message: Message): Promise<Message | undefined> => {
    const found = await unlessProcessed(offload.offloader, offload.open(message));
    if (found === undefined) return message;
    return (await handle(found.opened)) === undefined ? undefined : message;
  };
}

function batchwise(
  offload: SqsOffload,
  handle: (messages: Message[]) => Promise<Message[] | undefined>,
  onFailure: OnFailure | undefined,
) {
  return async (messages: Message[]): Promise<Message[] | undefined> => {
    const acknowledged = new Set<string | undefined>();
    const opened: Message[] = [];
    const stopped = new Set<string>();
    for (const message of messages) {
      const group = message.Attributes?.["MessageGroupId"];
      if (group !== undefined && stopped.has(group)) continue;
      try {
        const found = await unlessProcessed(offload.offloader, offload.open(message));
        if (found === undefined) acknowledged.add(message.MessageId);
        else opened.push(found.opened);
      } catch (error) {
        if (group !== undefined) stopped.add(group);
        onFailure?.(error, message);
      }
    }
    const done = opened.length === 0 ? [] : await handle(opened);
    for (const { MessageId } of done ?? []) acknowledged.add(MessageId);
    return messages.filter(({ MessageId }) => acknowledged.has(MessageId));
  };
}
