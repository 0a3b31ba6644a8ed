import type { Clock } from "../../async/clock.js";
import { forEachConcurrent } from "../../async/concurrency.js";
import { assertHandler } from "../../options/argument.js";
import { handlingOptions } from "../messages/handlers/handling-options.js";
import { meanwhile } from "../messages/handlers/meanwhile.js";
import { isPoison, type MessageError } from "../messages/message-error.js";
import type { MessageOffloader } from "../messages/message-offloader.js";
import { unlessProcessed } from "../messages/handlers/unless-processed.js";
import type { KafkaMessageLike } from "./kafka-message.js";

/** Argument of a handler of one message. */
export interface MessagePayload {
  topic: string;
  partition: number;
  message: KafkaMessageLike;
  heartbeat: () => Promise<void>;
}

/** Argument of a handler of a batch. */
export interface BatchPayload {
  batch: { topic: string; partition: number; messages: KafkaMessageLike[] };
  heartbeat: () => Promise<void>;
  isRunning: () => boolean;
  isStale: () => boolean;
}

/** Options of a handler. */
export interface HandlerOptions<P> {
  /**
   * Handles a message that can't be opened, for example by sending it to a dead-letter topic. It gets the message as
   * received. When the call resolves, the message counts as processed. Default: the handler throws, and the partition
   * stops.
   */
  onPoison?: ((payload: P, error: MessageError, message: KafkaMessageLike) => Promise<void>) | undefined;
  /** Milliseconds between heartbeats while payloads are read, default 3000. At most a third of the session timeout. */
  heartbeatEvery?: number | undefined;
  /** Clock for heartbeats. Default: the system clock. */
  clock?: Clock | undefined;
}

/** The functions with which handlers open messages. */
interface Opener {
  readonly offloader: MessageOffloader;
  readonly open: <M extends KafkaMessageLike>(message: M) => Promise<M>;
}

const OPENED_AT_A_TIME = 8;
const NAMES = ["onPoison", "heartbeatEvery", "clock"] as const;

/** Makes a handler that opens each message before `handler` gets it. */
export function handleMessage<P extends MessagePayload>(
  opener: Opener,
  handler: (payload: P) => Promise<void>,
  given: HandlerOptions<P> = {},
): (payload: P) => Promise<void> {
  const options = handlingOptions(given, NAMES, "eachMessage");
  assertHandler(handler, "eachMessage");
  return async (payload) => {
    const opening = openOrPoison(opener, payload.message, payload, options);
    const message = await beating(opening, payload, options);
    if (message !== undefined) await handler({ ...payload, message });
  };
}

/**
 * Makes a handler that opens all messages of a batch before `handler` gets it. A batch that was lost meanwhile is
 * dropped.
 */
export function handleBatch<P extends BatchPayload>(
  opener: Opener,
  handler: (payload: P) => Promise<void>,
  given: HandlerOptions<P> = {},
): (payload: P) => Promise<void> {
  const options = handlingOptions(given, NAMES, "eachBatch");
  assertHandler(handler, "eachBatch");
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
    // The new batch inherits the methods of the original.
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

/** Opens a message. `undefined` if the message needs no handler any more. */
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
