import type { Clock } from "../../async/clock.js";
import { forEachConcurrent } from "../../async/concurrency.js";
import { meanwhile } from "../messages/meanwhile.js";
import { MessageError } from "../messages/message-error.js";
import { unlessProcessed } from "../messages/unless-processed.js";
import type { MessageOffloader } from "../messages/message-offloader.js";

/** A message of JetStream. */
export interface NatsMessage {
  readonly data: Uint8Array;
  working(): void;
  nak(millis?: number): void;
  term(reason?: string): void;
  ackAck(): Promise<boolean>;
}

/** Options of `consume`. */
export interface ConsumeOptions<M> {
  /** Milliseconds between two signs that a message is being worked on, default 10000: at most a third of `ack_wait`. */
  working?: number | undefined;
  /** Most messages that are worked on at the same time, default 1: then they are handled in their order. */
  concurrency?: number | undefined;
  /** Milliseconds after which a message comes again that failed, default 5000. */
  retryAfter?: number | undefined;
  /** Is told of each message that failed. Default: nobody is. */
  onFailure?: ((error: unknown, message: M) => void) | undefined;
  /** Where the time comes from; default the system's. */
  clock?: Clock | undefined;
}

/** Opens, handles, acknowledges and settles messages until there are no more. */
export function consume<M extends NatsMessage>(
  offloader: MessageOffloader,
  messages: AsyncIterable<M>,
  handler: (data: Uint8Array, message: M) => Promise<void>,
  { working: every = 10_000, concurrency = 1, retryAfter = 5000, onFailure, clock }: ConsumeOptions<M> = {},
): Promise<void> {
  const handle = async (message: M): Promise<void> => {
    const found = await unlessProcessed(offloader, offloader.unpack({ body: message.data, attributes: new Map() }));
    if (found !== undefined) await handler(found.opened.body as Uint8Array, message);
  };

  const work = async (message: M): Promise<void> => {
    try {
      const act = (): Promise<void> =>
        new Promise((resolve) => {
          message.working(); // a failure, as of a closed connection, rejects
          resolve();
        });
      await meanwhile(handle(message), { every, act, clock });
    } catch (error) {
      onFailure?.(error, message);
      if (error instanceof MessageError && error.disposition === "reject") message.term(error.code);
      else message.nak(retryAfter);
      return;
    }
    // Unlike `ack`, it has an answer: without one the message comes again, and needs its payload.
    if (!(await message.ackAck())) return;
    await offloader.settle({ body: message.data, attributes: new Map() });
  };

  return forEachConcurrent(messages, concurrency, new AbortController().signal, async (message) => {
    try {
      await work(message);
    } catch (error) {
      onFailure?.(error, message);
    }
  });
}
