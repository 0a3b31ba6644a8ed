import { meanwhile, type Repetition } from "./meanwhile.js";
import { isPoison } from "./message-error.js";
import type { MessageOffloader } from "./message-offloader.js";
import { unlessProcessed } from "./unless-processed.js";

/** Why a message is not done: it will never open, it does not open now, or its handler failed. */
export type Failure = "reject" | "retry" | "handler";

/** What is done with one message of a broker. */
export interface Delivery<T> {
  readonly open: () => Promise<T>;
  readonly handle: (opened: T) => Promise<unknown>;
  /** Tells the broker that the message is done. `false`: it may come again all the same, and needs its payload. */
  readonly acknowledge: () => unknown;
  readonly settle: () => Promise<unknown>;
  /** Tells the broker that it is not. */
  readonly fail: (error: unknown, why: Failure) => unknown;
  /** Keeps the hold on the message while it is opened and handled. */
  readonly hold?: Repetition;
}

/**
 * Opens a message, hands it over, acknowledges, settles. Nothing is settled before the acknowledgement, and nothing of what failed.
 * A handler that fails with a `MessageError` of another message does not make this one poison.
 */
export async function deliver<T>(offloader: MessageOffloader, delivery: Delivery<T>): Promise<void> {
  const { acknowledge, settle, fail, hold } = delivery;
  const work = failureOf(offloader, delivery);
  const failure = await (hold === undefined ? work : meanwhile(work, hold));
  if (failure !== undefined) await fail(failure.error, failure.why);
  else if ((await acknowledge()) !== false) await settle();
}

/** Opens a message and hands it over. `undefined`: nothing failed. */
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
