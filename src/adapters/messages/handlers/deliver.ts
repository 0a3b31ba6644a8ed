import { meanwhile, type Repetition } from "./meanwhile.js";
import { isPoison } from "../message-error.js";
import type { MessageOffloader } from "../message-offloader.js";
import { unlessProcessed } from "./unless-processed.js";

/** Why a message was not processed: it will never open, it does not open now, or its handler failed. */
export type Failure = "reject" | "retry" | "handler";

/** The steps for one message of a broker. */
export interface Delivery<T> {
  readonly open: () => Promise<T>;
  readonly handle: (opened: T) => Promise<unknown>;
  /**
   * Tells the broker that the message is done. `false` if the broker may still redeliver the message, which then
   * needs its payload.
   */
  readonly acknowledge: () => unknown;
  readonly settle: () => Promise<unknown>;
  /** Tells the broker that the message is not done. */
  readonly fail: (error: unknown, why: Failure) => unknown;
  /** Keeps the message locked while it is opened and handled. */
  readonly hold?: Repetition;
}

/**
 * Opens a message, hands it to its handler, then acknowledges and settles it. Nothing is settled before the
 * acknowledgement, or after a failure. A handler may fail with a `MessageError` of another message. This message then
 * does not count as poison.
 */
export async function deliver<T>(offloader: MessageOffloader, delivery: Delivery<T>): Promise<void> {
  const { acknowledge, settle, fail, hold } = delivery;
  const work = failureOf(offloader, delivery);
  const failure = await (hold === undefined ? work : meanwhile(work, hold));
  if (failure !== undefined) await fail(failure.error, failure.why);
  else if ((await acknowledge()) !== false) await settle();
}

/** Opens a message and hands it to its handler. Returns the failure, or `undefined` on success. */
async function failureOf<T>(
  offloader: MessageOffloader,
  { open, handle }: Delivery<T>,
): Promise<{ readonly error: unknown; readonly why: Failure } | undefined> {
  let found: { readonly opened: T } | undefined;
  try {
    found = await unlessProcessed(offloader, open());
  } catch (error) {
    return { error, why: isPoison(error) ? "reject" : "retry" };
  }
  try {
    if (found !== undefined) await handle(found.opened);
  } catch (error) {
    return { error, why: "handler" };
  }
  return undefined;
}
