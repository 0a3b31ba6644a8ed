import { isUtf8 } from "node:buffer";
import * as z from "zod/mini";
import { StorageError } from "../../errors/error.js";
import type { CallOptions } from "../../store/store.js";
import { assertMethods, assertObject } from "../../options/argument.js";
import { adapterOffloader, type AdapterOptions } from "../messages/adapter-offloader.js";
import { bufferOf, textOf } from "../messages/body-form.js";
import type { MessageOffloader } from "../messages/message-offloader.js";
import type { Packed } from "../messages/packed.js";
import { rules } from "../messages/rules.js";
import { discardAll } from "../messages/send-or-discard.js";
import type { AttributeValue, Wire } from "../messages/wire.js";
import { consume, type AmqpMessage, type ConsumeOptions, type ConsumingChannel } from "./consume.js";
import { headerSize } from "./header-size.js";

/** Options of {@link amqpOffload}. */
export type AmqpOptions = AdapterOptions<{
  /**
   * Most bytes of properties and headers together, default 65000. RabbitMQ closes the connection of a sender of 64
   * KiB.
   */
  maxHeaders?: number | undefined;
}>;

/** Options of a message, as far as they matter here. `Options.Publish` of amqplib fits this type. */
export interface PublishOptions {
  headers?: Readonly<Record<string, unknown>> | undefined;
  mandatory?: boolean | undefined;
}

/** A message that RabbitMQ returns because no queue takes it. */
interface ReturnedMessage {
  content: Uint8Array;
}

/** A confirm channel of amqplib: `connection.createConfirmChannel()`. */
export interface PublishingChannel<O> {
  publish(
    exchange: string,
    routingKey: string,
    content: Buffer,
    options?: O,
    callback?: (error: unknown, ok: unknown) => void,
  ): boolean;
  on(event: "return", listener: (message: ReturnedMessage) => void): unknown;
  off(event: "return", listener: (message: ReturnedMessage) => void): unknown;
}

/** Sends and receives messages that may be too big for a broker of AMQP 0-9-1. See {@link amqpOffload}. */
export interface AmqpOffload {
  readonly offloader: MessageOffloader;
  /** Packs a message for publishing by any client. */
  pack<O extends PublishOptions>(
    content: Uint8Array,
    options?: O,
    call?: CallOptions,
  ): Promise<{ content: Buffer; options: O; discard: () => Promise<void> }>;
  /**
   * Opens a received message. A message that is not packed is returned unchanged, as the same object.
   *
   * @throws {MessageError}
   */
  open<M extends AmqpMessage>(message: M, call?: CallOptions): Promise<M>;
  /** Deletes the objects of a message, as the retention says. Call it after `ack`, with the message as received. */
  settle(message: AmqpMessage, call?: CallOptions): Promise<void>;
  /**
   * Packs and publishes a message. Resolves when the broker has confirmed it. With `mandatory`, the objects of a
   * returned message are deleted. The channel still emits its event `return`.
   */
  publish<O extends PublishOptions>(
    channel: PublishingChannel<O>,
    exchange: string,
    routingKey: string,
    content: Buffer,
    options?: O,
  ): Promise<void>;
  /** Packs a message and sends it straight to a queue. Otherwise works like `publish`. */
  sendToQueue<O extends PublishOptions>(
    channel: PublishingChannel<O>,
    queue: string,
    content: Buffer,
    options?: O,
  ): Promise<void>;
  /**
   * Consumes a queue and gives opened messages to the handler. When the handler resolves, the message is acknowledged
   * and then settled. A message that can't be opened is dead-lettered. If the store did not answer, the message is
   * requeued after `retryAfter` instead. If the handler fails, the message is requeued once, and dead-lettered the
   * second time.
   */
  consume<M extends AmqpMessage, R>(
    channel: ConsumingChannel<M, R>,
    queue: string,
    handler: (message: M) => Promise<void>,
    options?: ConsumeOptions<M>,
  ): Promise<R>;
}

const fields = { maxHeaders: z._default(z.int().check(z.gte(1)), 65_000) };

/**
 * Packs the content of messages that are too big for RabbitMQ. The limit is 16 MiB from 4.0 on. Memory alarms start
 * far below, so `over: 65_536` is a good choice. Properties and headers stay as they are.
 *
 * The broker does not answer an acknowledgement in AMQP, so prefer `"expire"`. Its `ttl` must cover the queue's
 * `x-message-ttl`, or that of the dead-letter queue.
 *
 * @throws {StorageError} `CONFIG_INVALID`
 * @example
 * const offload = amqpOffload({ manager, channel: "orders", over: 65_536, ttl: 7 * DAY });
 * await offload.sendToQueue(channel, "orders", Buffer.from(JSON.stringify(order)), { persistent: true });
 * await offload.consume(channel, "orders", async ({ content }) => save(JSON.parse(content.toString())));
 */
export function amqpOffload(options: AmqpOptions): AmqpOffload {
  const { offloader, own } = adapterOffloader(options, {
    owner: "amqpOffload",
    fields,
    rules: () => rules.amqp,
  });

  const pack = async <O extends PublishOptions>(content: Uint8Array, given = {} as O, call?: CallOptions) => {
    assertObject(given, "amqpOffload", "options");
    const wire = { body: content, attributes: attributesOf(given.headers) };
    assertHeaders(given, own.maxHeaders);
    if (!offloader.leaves(wire, call)) {
      return { content: asBuffer(content), options: given, discard: () => Promise.resolve() };
    }
    // Text stays text, because `rabbitmq-client` decodes a body by its content type.
    const body = isUtf8(content) ? textOf(content) : content;
    const packed: Packed = await offloader.pack({ ...wire, body }, call);
    const isGiven = packed.attributes === wire.attributes;
    return {
      content: asBuffer(packed.body),
      options: isGiven ? given : { ...given, headers: headersOf(packed, given.headers) },
      discard: () => packed.discard(),
    };
  };

  const open = async <M extends AmqpMessage>(message: M, call?: CallOptions): Promise<M> => {
    const opened = await offloader.unpack(receivedWire(message), call);
    if (!opened.offloaded) return message;
    const properties = { ...message.properties, headers: headersOf(opened, message.properties.headers) };
    return { ...message, content: asBuffer(opened.body), properties };
  };

  const settle = async (message: AmqpMessage, call?: CallOptions): Promise<void> => {
    await offloader.settle(receivedWire(message), call);
  };

  const publish: AmqpOffload["publish"] = async (channel, exchange, routingKey, content, given) => {
    assertMethods(channel, "publish", "channel", "publish", "on", "off");
    const packed = await pack(content, given);
    const returned: ReturnedMessage[] = [];
    const onReturn = (message: ReturnedMessage): void => {
      if (packed.content.equals(message.content)) returned.push(message);
    };
    if (given?.mandatory === true) channel.on("return", onReturn);
    const { confirmed, done } = confirmation();
    try {
      try {
        channel.publish(exchange, routingKey, packed.content, packed.options, done);
      } catch (error) {
        await discardAll([packed]); // a closed channel throws at once
        throw error;
      }
      await confirmed;
    } finally {
      channel.off("return", onReturn);
    }
    // The broker returns a message before it confirms it.
    if (returned.length > 0) await discardAll([packed]);
  };

  return {
    offloader,
    pack,
    open,
    settle,
    publish,
    sendToQueue: (channel, queue, content, given) => publish(channel, "", queue, content, given),
    consume: (channel, queue, handler, how) => consume({ offloader, open, settle }, channel, { queue, handler }, how),
  };
}

function attributesOf(headers: PublishOptions["headers"]): Wire["attributes"] {
  return new Map(Object.entries(headers ?? {})) as Wire["attributes"];
}

function receivedWire(message: AmqpMessage): Wire {
  assertObject(message, "amqpOffload", "message");
  assertObject(message.properties, "amqpOffload", "properties");
  return { body: message.content, attributes: attributesOf(message.properties.headers) };
}

/** Publishes a message and resolves when the broker has confirmed it. */
function confirmation(): { readonly confirmed: Promise<void>; readonly done: (error: unknown) => void } {
  let done: (error: unknown) => void = () => undefined;
  const confirmed = new Promise<void>((resolve, reject) => {
    done = (error) => {
      if (error === null || error === undefined) resolve();
      else
        reject(error instanceof Error ? error : new Error("The broker did not confirm the message.", { cause: error }));
    };
  });
  return { confirmed, done };
}

/** Returns the given headers, without those that are gone and with those that were added. */
function headersOf({ attributes }: Wire, given: PublishOptions["headers"]): Record<string, unknown> {
  const entries = [...attributes].map(([name, value]: [string, AttributeValue]) => [name, given?.[name] ?? value]);
  return Object.fromEntries(entries) as Record<string, unknown>;
}

function asBuffer(body: string | Uint8Array): Buffer {
  return typeof body === "string" ? Buffer.from(body) : bufferOf(body);
}

/**
 * Refuses headers that would close the connection, and with it all its channels.
 *
 * @throws {StorageError} `LIMIT_EXCEEDED`
 */
function assertHeaders(options: PublishOptions, maxHeaders: number): void {
  const size = headerSize(options);
  if (size <= maxHeaders) return;
  throw new StorageError(
    "LIMIT_EXCEEDED",
    `The properties and headers of the message have up to ${size} bytes, and the broker takes ${maxHeaders}: it would end the connection. Make them smaller.`,
    { operation: "pack" },
  );
}
