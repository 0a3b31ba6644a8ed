import { setMaxListeners } from "node:events";
import { abortable } from "../../abort.js";
import type { CallDetails } from "../../check.js";

/**
 * Lets any number listen to a signal of the caller. Each layer of a stack listens to it, for every call, and Node takes
 * more than ten listeners for a leak; all of ours are gone when their call is over.
 */
export function expectListeners(signal: AbortSignal | undefined): void {
  // Another library's AbortSignal may be none of Node's.
  if (signal instanceof EventTarget) setMaxListeners(Infinity, signal);
}

/** {@link abortable}, for a signal that other layers listen to as well. */
export function heeded<T>(
  promise: Promise<T>,
  signal: AbortSignal | undefined,
  details: CallDetails,
  discard?: (late: T) => unknown,
): Promise<T> {
  expectListeners(signal);
  return abortable(promise, signal, discard, details);
}
