import type { Clock } from "../../async/clock.js";
import { isObject } from "../../json/is-object.js";
import { forEachConcurrent } from "../../async/concurrency.js";
import { assertArgument, assertHandler } from "../../options/argument.js";
import { deliver } from "../messages/handlers/deliver.js";
import { handlingOptions } from "../messages/handlers/handling-options.js";
import type { MessageError } from "../messages/message-error.js";
import type { MessageOffloader } from "../messages/message-offloader.js";
import { receivedMessage, type NatsHeaders } from "./nats-message.js";

/** A JetStream message. */
export interface NatsMessage {
  readonly data: Uint8Array;
  readonly headers?: NatsHeaders | undefined;
  working(): void;
  nak(millis?: number): void;
  term(reason?: string): void;
  ackAck(): Promise<boolean>;
}

/** Options of `consume`. */
export interface ConsumeOptions<M> {
  /**
   * Milliseconds between two signals that a message is being processed, default 10000. At most a third of `ack_wait`.
   */
  working?: number | undefined;
  /** Most messages processed at the same time, default 1. With 1, messages are handled in their order. */
  concurrency?: number | undefined;
  /** Milliseconds before a failed message is redelivered, default 5000. */
  retryAfter?: number | undefined;
  /** Called with each message that failed. Default: no callback. */
  onFailure?: ((error: unknown, message: M) => void) | undefined;
  /** Clock for the signals. Default: the system clock. */
  clock?: Clock | undefined;
}

/** Opens, handles, acknowledges and settles messages until there are no more. */
export async function consume<M extends NatsMessage>(
  offloader: MessageOffloader,
  messages: AsyncIterable<M>,
  handler: (data: Uint8Array, message: M) => Promise<void>,
  options: ConsumeOptions<M> = {},
): Promise<void> {
  const names = ["working", "concurrency", "retryAfter", "onFailure", "clock"] as const;
  const checked = handlingOptions(options, names, "consume");
  const { working: every = 10_000, concurrency = 1, retryAfter = 5000, onFailure, clock } = checked;
  const isIterable = isObject(messages) && Symbol.asyncIterator in messages;
  assertArgument(isIterable, "consume", "messages: must be those of a consumer");
  assertHandler(handler, "consume");
  const work = (message: M): Promise<void> => {
    const wire = receivedMessage(message);
    const act = (): Promise<void> =>
      new Promise((resolve) => {
        message.working(); // an error, for example of a closed connection, rejects
        resolve();
      });
    return deliver(offloader, {
      open: () => offloader.unpack(wire),
      handle: ({ body }) => handler(body as Uint8Array, message),
      // Unlike `ack`, `ackAck` waits for an answer.
      acknowledge: () => message.ackAck(),
      settle: () => offloader.settle(wire),
      fail: (error, why) => {
        onFailure?.(error, message);
        if (why === "reject") message.term((error as MessageError).code);
        else message.nak(retryAfter);
      },
      hold: { every, act, clock },
    });
  };

  await forEachConcurrent(messages, concurrency, new AbortController().signal, async (message) => {
    try {
      await work(message);
    } catch (error) {
      onFailure?.(error, message);
    }
  });
}
