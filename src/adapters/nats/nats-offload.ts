import * as z from "zod/mini";
import type { CallOptions } from "../../store/store.js";
import { assertMethods, assertObject } from "../../options/argument.js";
import { adapterOffloader, type AdapterOptions } from "../messages/adapter-offloader.js";
import type { MessageOffloader } from "../messages/message-offloader.js";
import { rules } from "../messages/rules.js";
import { discardAll, sendOrDiscard } from "../messages/send-or-discard.js";
import { consume, type ConsumeOptions, type NatsMessage } from "./consume.js";
import { countedMessage, receivedMessage, type NatsPublishOptions } from "./nats-message.js";

/** Options of {@link natsOffload}. There is no `hint`, since filters of NATS see only subjects. */
export type NatsOptions = Omit<
  AdapterOptions<{
    /**
     * Most bytes of a message, default 1048576. This is `info.max_payload` of the connection, or `max_msg_size` of
     * the stream.
     */
    maxPayload?: number | undefined;
  }>,
  "hint"
>;

/** A `JetStreamClient`. */
export interface PublishingClient<O, A> {
  publish(subject: string, payload?: Uint8Array | string, options?: O): Promise<A>;
}

/** Sends and receives messages that may be too big for NATS. See {@link natsOffload}. */
export interface NatsOffload {
  readonly offloader: MessageOffloader;
  /** Packs a payload for a message with these options. Also for core NATS, requests and replies. */
  pack(payload: Uint8Array | string, options?: NatsPublishOptions, call?: CallOptions): Promise<Uint8Array | string>;
  /**
   * Packs and publishes a message. Its objects are deleted if the stream refuses the message or already has its
   * `msgID`.
   */
  publish<O extends NatsPublishOptions, A extends { duplicate: boolean }>(
    client: PublishingClient<O, A>,
    subject: string,
    payload: Uint8Array | string,
    options?: O,
  ): Promise<A>;
  /** Returns the opened data of a message. @throws {MessageError} */
  open(message: Pick<NatsMessage, "data" | "headers">, call?: CallOptions): Promise<Uint8Array>;
  /**
   * Handles messages of a consumer with opened data, until the iterator ends. When the handler resolves, the message
   * is acknowledged and then settled. A message that can't be opened is terminated. After any other failure, the
   * message is redelivered.
   */
  consume<M extends NatsMessage>(
    messages: AsyncIterable<M>,
    handler: (data: Uint8Array, message: M) => Promise<void>,
    options?: ConsumeOptions<M>,
  ): Promise<void>;
}

const fields = { maxPayload: z.optional(z.int().check(z.gte(2048))) };

/**
 * Packs the data of messages that are too big for NATS. The limit is 1 MiB with headers, or `maxPayload`. Subjects
 * and headers stay.
 *
 * Messages of streams with limits or interest retention may be read again. For them, keep `"expire"`, with a `ttl` of
 * at least `max_age`. `"settle"` is for work queues with one consumer.
 *
 * @throws {StorageError} `CONFIG_INVALID`
 * @example
 * const offload = natsOffload({ manager, channel: "orders", ttl: 8 * DAY, maxPayload: nc.info.max_payload });
 * await offload.publish(js, "orders.eu", JSON.stringify(order), { msgID: order.id });
 * await offload.consume(await consumer.consume(), async (data) => save(JSON.parse(Buffer.from(data).toString())));
 */
export function natsOffload(options: NatsOptions): NatsOffload {
  const { offloader } = adapterOffloader(options, {
    owner: "natsOffload",
    fields,
    refused: ["hint"],
    carries: "body",
    rules: ({ maxPayload = rules.nats.maxMessage }) => ({ ...rules.nats, maxMessage: maxPayload }),
    defaults: () => ({ hint: false }),
  });

  const pack = async (payload: Uint8Array | string, given: NatsPublishOptions = {}, call?: CallOptions) => {
    assertObject(given, "natsOffload", "options");
    const wire = countedMessage(payload, given);
    if (!offloader.leaves(wire, call)) return { body: payload, discard: () => Promise.resolve() };
    // As bytes, since a compressed body of bytes needs no base64.
    return offloader.pack({ ...wire, body: Buffer.from(payload as Uint8Array) }, call);
  };

  return {
    offloader,
    pack: async (payload, given, call) => (await pack(payload, given, call)).body,
    publish: async (client, subject, payload, given) => {
      assertMethods(client, "publish", "client", "publish");
      const packed = await pack(payload, given);
      // With retries, the first attempt may have arrived.
      const isSentOnce = (given?.retries ?? 1) <= 1;
      const send = () => client.publish(subject, packed.body, given);
      const answer = await sendOrDiscard([packed], send, (error) => isSentOnce && isRefusal(error));
      if (isSentOnce && answer.duplicate) await discardAll([packed]);
      return answer;
    },
    open: async (message, call) => {
      assertObject(message, "natsOffload", "message");
      const opened = await offloader.unpack(receivedMessage(message), call);
      return opened.body as Uint8Array;
    },
    consume: (messages, handler, how) => consume(offloader, messages, handler, how),
  };
}

/** Says whether JetStream answered that it refused a message: `apiError` of `@nats-io`, `api_error` of `nats`. */
function isRefusal(error: unknown): boolean {
  return typeof error === "object" && error !== null && ("apiError" in error || "api_error" in error);
}
