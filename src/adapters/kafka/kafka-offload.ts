import * as z from "zod/mini";
import { forEachConcurrent } from "../../async/concurrency.js";
import { scopePath } from "../../object/scope-path.js";
import { invalidOptions } from "../../options/parse-options.js";
import type { CallOptions } from "../../store/store.js";
import { assertArray, assertObject } from "../../options/argument.js";
import { adapterOffloader, type AdapterOptions } from "../messages/adapter-offloader.js";
import type { MessageOffloader } from "../messages/message-offloader.js";
import { rules } from "../messages/rules.js";
import { NOTHING } from "../messages/wire.js";
import { handleBatch, handleMessage, type BatchPayload, type HandlerOptions, type MessagePayload } from "./handlers.js";
import { countedMessage, writtenHeaders, type KafkaMessageLike } from "./kafka-message.js";

/** Options of {@link kafkaOffload}. The default channel is `"kafka"`. The topic is a scope below the channel. */
export type KafkaOptions = AdapterOptions<{
  /**
   * Most bytes of a record batch, default 1000000. This is `message.max.bytes` of the broker, or `max.message.bytes`
   * of the topic.
   */
  maxMessageBytes?: number | undefined;
  /** Whether topics are compacted; default false. Their messages stay forever, so `ttl` must be `"never"`. */
  compacted?: boolean | undefined;
}>;

/** Sends and receives messages that may be too big for Kafka. See {@link kafkaOffload}. */
export interface KafkaOffload {
  readonly offloader: MessageOffloader;
  /**
   * Packs a message for sending. Only its value changes. A message that fits, or a tombstone, is returned unchanged,
   * as the same object.
   */
  pack<M extends KafkaMessageLike>(topic: string, message: M, options?: CallOptions): Promise<M>;
  /** Packs all messages of a record, for `producer.send`. */
  record<R extends { topic: string; messages: KafkaMessageLike[] }>(record: R, options?: CallOptions): Promise<R>;
  /**
   * Opens a received message. A message that is not packed is returned unchanged, as the same object.
   *
   * @throws {MessageError}
   */
  open<M extends KafkaMessageLike>(message: M, options?: CallOptions): Promise<M>;
  /** Makes a handler for `consumer.run({ eachMessage })` that gets opened messages. */
  eachMessage<P extends MessagePayload>(
    handler: (payload: P) => Promise<void>,
    options?: HandlerOptions<P>,
  ): (payload: P) => Promise<void>;
  /** Makes a handler for `consumer.run({ eachBatch })` that gets a batch when all its messages are opened. */
  eachBatch<P extends BatchPayload>(
    handler: (payload: P) => Promise<void>,
    options?: HandlerOptions<P>,
  ): (payload: P) => Promise<void>;
}

const fields = {
  maxMessageBytes: z.optional(z.int().check(z.gte(2048))),
  compacted: z._default(z.boolean(), false),
};

const PACKED_AT_A_TIME = 8;
const NEVER = new AbortController().signal;

/**
 * Packs the values of messages that are too big for Kafka, which takes about 1 MB per batch. Keys, headers,
 * partitions and compaction are as before. Objects end by age, so `ttl` must be at least the `retention.ms` of the
 * topic.
 *
 * @throws {StorageError} `CONFIG_INVALID`
 * @example
 * const offload = kafkaOffload({ manager, ttl: 8 * DAY });
 * await producer.send(await offload.record({ topic: "orders", messages: [{ key: "7", value: JSON.stringify(order) }] }));
 * await consumer.run({ eachMessage: offload.eachMessage(async ({ message }) => save(message.value)) });
 */
export function kafkaOffload(options: KafkaOptions): KafkaOffload {
  const { offloader, own } = adapterOffloader(options, {
    owner: "kafkaOffload",
    fields,
    rules: ({ maxMessageBytes: max = rules.kafka.maxMessage }) => ({
      ...rules.kafka,
      maxMessage: max,
      maxBatchBytes: max,
    }),
    channel: () => "kafka",
  });
  if (own.compacted && options.ttl !== "never") {
    throw invalidOptions("kafkaOffload", 'ttl: must be "never" for compacted topics, whose messages stay for ever');
  }

  const pack: KafkaOffload["pack"] = async (topic, message, call) => {
    assertObject(message, "kafkaOffload", "message");
    if (message.value === null) return message;
    if (!offloader.leaves(countedMessage(message, message.value), call)) return message;
    const key = own.compacted ? [String(message.key ?? "")] : [];
    // As bytes, since a compressed body of bytes needs no base64.
    const wire = countedMessage(message, Buffer.from(message.value as Uint8Array));
    const { body, attributes } = await offloader.pack(wire, { ...call, scope: scopePath(topic, ...key) });
    return { ...message, value: body, headers: writtenHeaders(message.headers, attributes) };
  };

  const open: KafkaOffload["open"] = async (message, call) => {
    assertObject(message, "kafkaOffload", "message");
    if (message.value === null) return message;
    const opened = await offloader.unpack(countedMessage(message, message.value), call);
    if (!opened.offloaded) return message;
    return { ...message, value: opened.body, headers: writtenHeaders(message.headers, opened.attributes) };
  };

  return {
    offloader,
    pack,
    open,
    record: async (record, call) => {
      assertObject(record, "kafkaOffload", "record");
      assertArray(record.messages, "kafkaOffload", "messages");
      if (call !== undefined) offloader.leaves(NOTHING, call); // checks the options of the call
      const messages = [...record.messages];
      await forEachConcurrent(messages.keys(), PACKED_AT_A_TIME, call?.signal ?? NEVER, async (index) => {
        messages[index] = await pack(record.topic, messages[index]!, call);
      });
      return { ...record, messages };
    },
    eachMessage: (handler, handling) => handleMessage({ offloader, open }, handler, handling),
    eachBatch: (handler, handling) => handleBatch({ offloader, open }, handler, handling),
  };
}
