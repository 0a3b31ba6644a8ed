import type { Clock } from "../../async/clock.js";
import { forEachConcurrent } from "../../async/concurrency.js";
import { meanwhile } from "../messages/meanwhile.js";
import { isPoison, type MessageError } from "../messages/message-error.js";
import type { MessageOffloader } from "../messages/message-offloader.js";
import { unlessProcessed } from "../messages/unless-processed.js";
import type { KafkaMessageLike } from "./kafka-message.js";

/** What a handler of one message is given. */
export interface MessagePayload {
  topic: string;
  partition: number;
  message: KafkaMessageLike;
  heartbeat: () => Promise<void>;
}

/** What a handler of a batch is given. */
export interface BatchPayload {
  batch: { topic: string; partition: number; messages: KafkaMessageLike[] };
  heartbeat: () => Promise<void>;
  isRunning: () => boolean;
  isStale: () => boolean;
}

/** Options of a handler. */
export interface HandlerOptions<P> {
  /**
   * Takes a message that can't be opened, as it was received: sends it to a topic of dead letters. When it resolves, the message
   * counts as processed. Default: the failure is thrown, and the partition stands still.
   */
  onPoison?: ((payload: P, error: MessageError, message: KafkaMessageLike) => Promise<void>) | undefined;
  /** Milliseconds between heartbeats while payloads are read, default 3000. At most a third of the session timeout. */
  heartbeatEvery?: number | undefined;
  /** Where the time comes from; default the system's. */
  clock?: Clock | undefined;
}

/** What handlers open messages with. */
interface Opener {
  readonly offloader: MessageOffloader;
  readonly open: <M extends KafkaMessageLike>(message: M) => Promise<M>;
}

const OPENED_AT_A_TIME = 8;

/** Opens each message before it is handled. */
export function handleMessage<P extends MessagePayload>(
  opener: Opener,
  handler: (payload: P) => Promise<void>,
  options: HandlerOptions<P> = {},
): (payload: P) => Promise<void> {
  return async (payload) => {
    const opening = openOrPoison(opener, payload.message, payload, options);
    const message = await beating(opening, payload, options);
    if (message !== undefined) await handler({ ...payload, message });
  };
}

/** Opens all messages of a batch, then hands it over; one that was lost meanwhile is not. */
export function handleBatch<P extends BatchPayload>(
  opener: Opener,
  handler: (payload: P) => Promise<void>,
  options: HandlerOptions<P> = {},
): (payload: P) => Promise<void> {
  return async (payload) => {
    const { batch } = payload;
    const isLost = (): boolean => payload.isStale() || !payload.isRunning();
    const opened = new Map<number, KafkaMessageLike>();
    const signal = new AbortController().signal;
    const opening = forEachConcurrent(batch.messages.keys(), OPENED_AT_A_TIME, signal, async (index) => {
      if (isLost()) return;
      const message = await openOrPoison(opener, batch.messages[index]!, payload, options);
      if (message !== undefined) opened.set(index, message);
    });
    await beating(opening, payload, options);
    if (isLost()) return;
    const messages = batch.messages.flatMap((_, index) => opened.get(index) ?? []);
    // The methods of the batch stay its own.
    const own = Object.create(batch, { messages: { value: messages, enumerable: true } }) as P["batch"];
    await handler({ ...payload, batch: own });
  };
}

function beating<T>(
  call: Promise<T>,
  payload: Pick<MessagePayload, "heartbeat">,
  options: HandlerOptions<never>,
): Promise<T> {
  const { heartbeatEvery: every = 3000, clock } = options;
  return meanwhile(call, { every, act: () => payload.heartbeat(), clock });
}

/** The opened message; `undefined` for one that needs no handler any more. */
async function openOrPoison<P, M extends KafkaMessageLike>(
  { offloader, open }: Opener,
  message: M,
  payload: P,
  { onPoison }: HandlerOptions<P>,
): Promise<M | undefined> {
  try {
    return (await unlessProcessed(offloader, open(message)))?.opened;
  } catch (error) {
    if (onPoison === undefined || !isPoison(error)) throw error;
    await onPoison(payload, error, message);
    return undefined;
  }
}
