import { systemClock, type Clock } from "../../async/clock.js";
import { assertHandler, assertMethods } from "../../options/argument.js";
import { deliver } from "../messages/handlers/deliver.js";
import { handlingOptions } from "../messages/handlers/handling-options.js";
import type { MessageOffloader } from "../messages/message-offloader.js";

/** A message that amqplib has received. */
export interface AmqpMessage {
  content: Buffer;
  fields: { redelivered: boolean };
  properties: { headers?: Readonly<Record<string, unknown>> | undefined };
}

/** A channel of amqplib that consumes. */
export interface ConsumingChannel<M, R> {
  consume(queue: string, onMessage: (message: M | null) => void, options?: object): Promise<R>;
  ack(message: M): void;
  nack(message: M, allUpTo?: boolean, requeue?: boolean): void;
}

/** Options of `consume`. */
export interface ConsumeOptions<M> {
  /** Options of the channel's own `consume`, such as `consumerTag`. Not `noAck`. */
  consumer?: object | undefined;
  /** Milliseconds before a message is requeued whose payload could not be read now, default 5000. */
  retryAfter?: number | undefined;
  /**
   * Called with each message that failed. At the end of the consumer, the message is `undefined`. Default: no
   * callback.
   */
  onFailure?: ((error: unknown, message: M | undefined) => void) | undefined;
  /** Clock for waits. Default: the system clock. */
  clock?: Clock | undefined;
}

/** The functions that open and settle messages. */
interface Opener {
  readonly offloader: MessageOffloader;
  readonly open: <M extends AmqpMessage>(message: M) => Promise<M>;
  readonly settle: (message: AmqpMessage) => Promise<void>;
}

/** Consumes a queue: opens, handles, acknowledges and settles messages. */
export async function consume<M extends AmqpMessage, R>(
  { offloader, open, settle }: Opener,
  channel: ConsumingChannel<M, R>,
  { queue, handler }: { queue: string; handler: (message: M) => Promise<void> },
  options: ConsumeOptions<M> = {},
): Promise<R> {
  const names = ["consumer", "retryAfter", "onFailure", "clock"] as const;
  const { consumer, retryAfter = 5000, onFailure, clock = systemClock } = handlingOptions(options, names, "consume");
  assertMethods(channel, "consume", "channel", "consume", "ack", "nack");
  assertHandler(handler, "consume");
  const work = (message: M): Promise<void> =>
    deliver(offloader, {
      open: () => open(message),
      handle: handler,
      acknowledge: () => {
        channel.ack(message); // throws on a closed channel; the broker then redelivers the message
      },
      settle: () => settle(message),
      fail: async (error, why) => {
        onFailure?.(error, message);
        if (why === "retry") await later(clock, retryAfter);
        channel.nack(message, false, why === "handler" ? !message.fields.redelivered : why === "retry");
      },
    });

  return channel.consume(
    queue,
    (message) => {
      if (message === null) onFailure?.(new Error("The broker has ended the consumer."), undefined);
      else work(message).catch((error: unknown) => onFailure?.(error, message));
    },
    consumer,
  );
}

/** Waits. Without the wait, a requeued message would come back at once. */
export function later(clock: Clock, milliseconds: number): Promise<void> {
  return new Promise((resolve) => clock.setTimeout(resolve, milliseconds));
}
