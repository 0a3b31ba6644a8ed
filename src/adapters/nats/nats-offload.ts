import * as z from "zod/mini";
import type { CallOptions } from "../../store/store.js";
import { adapterOffloader, type AdapterOptions } from "../messages/adapter-offloader.js";
import type { MessageOffloader } from "../messages/message-offloader.js";
import { rules } from "../messages/rules.js";
import { discardAll, sendOrDiscard } from "../messages/send-or-discard.js";
import { consume, type ConsumeOptions, type NatsMessage } from "./consume.js";
import { countedMessage, type NatsPublishOptions } from "./nats-message.js";

/** Options of {@link natsOffload}. There is no `hint`: filters of NATS see subjects alone. */
export type NatsOptions = Omit<
  AdapterOptions<{
    /** Most bytes of a message, default 1048576: `info.max_payload` of the connection, `max_msg_size` of the stream. */
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
  /** The payload to send, of a message with these options: for core NATS, requests and replies too. */
  pack(payload: Uint8Array | string, options?: NatsPublishOptions, call?: CallOptions): Promise<Uint8Array | string>;
  /** Packs and publishes. What was stored is deleted when the stream refuses the message, or knows its `msgID` already. */
  publish<O extends NatsPublishOptions, A extends { duplicate: boolean }>(
    client: PublishingClient<O, A>,
    subject: string,
    payload: Uint8Array | string,
    options?: O,
  ): Promise<A>;
  /** The data of a message, opened. @throws {MessageError} */
  open(message: Pick<NatsMessage, "data">, call?: CallOptions): Promise<Uint8Array>;
  /**
   * Handles messages of a consumer with opened data, until the iterator ends. What the handler resolves for is acknowledged, then
   * settled. What can't be opened is terminated; any other failure lets the message come again.
   */
  consume<M extends NatsMessage>(
    messages: AsyncIterable<M>,
    handler: (data: Uint8Array, message: M) => Promise<void>,
    options?: ConsumeOptions<M>,
  ): Promise<void>;
}

const fields = { maxPayload: z.optional(z.int().check(z.gte(2048))) };

/**
 * Packs the data of messages that are too big for NATS: 1 MiB with headers, or `maxPayload`. Subjects and headers stay.
 *
 * Streams with limits or interest retention are read again: keep `"expire"`, with a `ttl` of at least `max_age`. `"settle"` is for
 * work queues with one consumer.
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
    rules: ({ maxPayload = rules.nats.maxMessage }) => ({ ...rules.nats, maxMessage: maxPayload }),
    defaults: () => ({ hint: false }),
  });

  const pack = async (payload: Uint8Array | string, given: NatsPublishOptions = {}, call?: CallOptions) => {
    const wire = countedMessage(payload, given);
    if (!offloader.leaves(wire)) return { body: payload, discard: () => Promise.resolve() };
    // As bytes: a compressed payload needs no base64 then.
    return offloader.pack({ ...wire, body: Buffer.from(payload as Uint8Array) }, call);
  };

  return {
    offloader,
    pack: async (payload, given, call) => (await pack(payload, given, call)).body,
    publish: async (client, subject, payload, given) => {
      const packed = await pack(payload, given);
      // What was sent twice may have arrived the first time.
      const isSentOnce = (given?.retries ?? 1) <= 1;
      const send = () => client.publish(subject, packed.body, given);
      const answer = await sendOrDiscard([packed], send, (error) => isSentOnce && isRefusal(error));
      if (isSentOnce && answer.duplicate) await discardAll([packed]);
      return answer;
    },
    open: async ({ data }, call) => {
      const opened = await offloader.unpack({ body: data, attributes: new Map() }, call);
      return opened.body as Uint8Array;
    },
    consume: (messages, handler, how) => consume(offloader, messages, handler, how),
  };
}

/** Whether JetStream has answered that it did not take a message: `apiError` of `@nats-io`, `api_error` of `nats`. */
function isRefusal(error: unknown): boolean {
  return typeof error === "object" && error !== null && ("apiError" in error || "api_error" in error);
}
