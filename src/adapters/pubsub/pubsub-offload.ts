import type { Message } from "@google-cloud/pubsub";
import type { CallOptions } from "../../store/store.js";
import { assertHandler, assertObject } from "../../options/argument.js";
import { adapterOffloader, type AdapterOptions } from "../messages/adapter-offloader.js";
import { deliver } from "../messages/handlers/deliver.js";
import { handlingOptions } from "../messages/handlers/handling-options.js";
import type { MessageOffloader } from "../messages/message-offloader.js";
import { rules } from "../messages/rules.js";
import { writtenValue, type Wire } from "../messages/wire.js";
import { writtenJson } from "../messages/written-json.js";

/** Options of {@link pubsubOffload}. */
export type PubsubOptions = AdapterOptions;

/** A message to publish. `MessageOptions` of the client fits this type. */
export interface PubsubMessage {
  data?: Uint8Array | string | null | undefined;
  /** Value in place of `data`. */
  json?: unknown;
  attributes?: Readonly<Record<string, string>> | null | undefined;
}

/** A received message. Its attributes show whether another library packed it. */
export type ReceivedMessage = Pick<Message, "data"> & Partial<Pick<Message, "attributes">>;

/** Options of `onMessage`. */
export interface OnMessageOptions {
  /** Called with each message that failed. Default: no callback. */
  onFailure?: ((error: unknown, message: Message) => void) | undefined;
}

/** Sends and receives messages that may be too big for Pub/Sub. See {@link pubsubOffload}. */
export interface PubsubOffload {
  readonly offloader: MessageOffloader;
  /** Packs a message for `topic.publishMessage`. A message that fits is returned unchanged, as the same object. */
  pack<M extends PubsubMessage>(message: M, options?: CallOptions): Promise<M>;
  /** Returns the opened data of a message. @throws {MessageError} */
  open(message: ReceivedMessage, options?: CallOptions): Promise<Buffer>;
  /**
   * Makes a listener for `subscription.on("message", …)` that gets opened data. When the handler resolves, the
   * message is acknowledged and then settled. After any failure, the message is redelivered, until the subscription's
   * dead-letter policy takes it.
   */
  onMessage(
    handler: (message: Message, data: Buffer) => Promise<void>,
    options?: OnMessageOptions,
  ): (message: Message) => void;
}

/**
 * Packs the data of messages that are too big for Pub/Sub. The limit is 10 MB with attributes. `over: 262_144` also
 * packs smaller messages, from 256 KiB on. Attributes, which filters see, and ordering keys stay.
 *
 * Several subscriptions read the same object, and may seek back. Keep `"expire"`, with a `ttl` of the longest
 * retention, or name all subscriptions in `{ consumers }`.
 *
 * @throws {StorageError} `CONFIG_INVALID`
 * @example
 * const offload = pubsubOffload({ manager, channel: "orders", ttl: 31 * DAY });
 * await topic.publishMessage(await offload.pack({ json: order }));
 * subscription.on("message", offload.onMessage(async (message, data) => save(JSON.parse(data.toString()))));
 */
export function pubsubOffload(options: PubsubOptions): PubsubOffload {
  const { offloader } = adapterOffloader(options, {
    owner: "pubsubOffload",
    rules: () => rules.pubsub,
  });

  const open = async (message: ReceivedMessage, call?: CallOptions): Promise<Buffer> => {
    const { body } = await offloader.unpack(receivedWire(message), call);
    return body as Buffer;
  };

  return {
    offloader,
    open,
    pack: async (message, call) => {
      assertObject(message, "pubsubOffload", "message");
      const { json, data, ...rest } = message;
      // As the client does it: `json` is serialised.
      const text = json === undefined ? (data ?? "") : (writtenJson(json) ?? "");
      const attributes: Wire["attributes"] = new Map(Object.entries(message.attributes ?? {}));
      const wire = { body: text, attributes };
      if (!offloader.leaves(wire, call)) return message;
      const packed = await offloader.pack({ ...wire, body: Buffer.from(text as Uint8Array) }, call);
      return {
        ...rest,
        data: Buffer.from(packed.body as Uint8Array),
        attributes: textsOf(packed),
      } as unknown as typeof message;
    },
    onMessage: (handler, given = {}) => {
      const { onFailure } = handlingOptions(given, ["onFailure"], "onMessage");
      assertHandler(handler, "onMessage");
      const work = (message: Message): Promise<void> =>
        deliver(offloader, {
          open: () => open(message),
          handle: (data) => handler(message, data),
          // With exactly-once delivery, the response says whether the message may be redelivered. A failed
          // acknowledgement means that it may.
          acknowledge: async () => (await message.ackWithResponse()) === "SUCCESS",
          settle: () => offloader.settle(receivedWire(message)),
          fail: (error) => {
            message.nack();
            onFailure?.(error, message);
          },
        });
      return (message) => {
        work(message).catch((error: unknown) => onFailure?.(error, message));
      };
    },
  };
}

function receivedWire(message: ReceivedMessage): Wire {
  assertObject(message, "pubsubOffload", "message");
  const { data, attributes = {} } = message;
  return { body: data, attributes: new Map(Object.entries(attributes)) };
}

function textsOf({ attributes }: Wire): Record<string, string> {
  return Object.fromEntries([...attributes].map(([name, value]) => [name, writtenValue(value) as string]));
}
