import { systemClock, type Clock } from "../../async/clock.js";
import { deliver } from "../messages/deliver.js";
import type { MessageOffloader } from "../messages/message-offloader.js";

/** A message as amqplib receives it. */
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
  /** Milliseconds after which a message is put back whose payload could not be read now, default 5000. */
  retryAfter?: number | undefined;
  /** Is told of each message that failed, and of the end of the consumer: `undefined`. Default: nobody is. */
  onFailure?: ((error: unknown, message: M | undefined) => void) | undefined;
  /** Where the time comes from; default the system's. */
  clock?: Clock | undefined;
}

/** What messages are opened and settled with. */
interface Opener {
  readonly offloader: MessageOffloader;
  readonly open: <M extends AmqpMessage>(message: M) => Promise<M>;
  readonly settle: (message: AmqpMessage) => Promise<void>;
}

/** Consumes a queue: opens, handles, acknowledges, settles. */
export function consume<M extends AmqpMessage, R>(
  { offloader, open, settle }: Opener,
  channel: ConsumingChannel<M, R>,
  { queue, handler }: { queue: string; handler: (message: M) => Promise<void> },
  { consumer, retryAfter = 5000, onFailure, clock = systemClock }: ConsumeOptions<M> = {},
): Promise<R> {
  const work = (message: M): Promise<void> =>
    deliver(offloader, {
      open: () => open(message),
      handle: handler,
      acknowledge: () => {
        channel.ack(message); // throws on a closed channel: then the message is delivered again
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

/** Waits: what is put back at once comes back at once. */
export function later(clock: Clock, milliseconds: number): Promise<void> {
  return new Promise((resolve) => clock.setTimeout(resolve, milliseconds));
}
