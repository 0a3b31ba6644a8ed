import { setMaxListeners } from "node:events";
import { StorageError } from "../errors/error.js";
import { onAbort } from "../async/on-abort.js";

/**
 * Runs a call under the caller's signal and a time limit, as one signal. Nothing stays linked to the caller's signal
 * afterwards.
 *
 * @param timeout ms
 * @throws {StorageError} `ABORTED` or `TIMEOUT`, if `run` heeds its signal
 */
export async function withDeadline<T>(
  operation: string,
  { timeout, signal }: { timeout: number; signal?: AbortSignal | undefined },
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  if (signal?.aborted) throw abortedCall(operation, signal);
  const controller = new AbortController();
  setMaxListeners(Infinity, controller.signal); // a store may listen many times, and Node warns of more than ten
  const onTimeout = (): void => {
    controller.abort(lateCall(operation, timeout));
  };
  const stop = onAbort(signal, () => {
    controller.abort(abortedCall(operation, signal!));
  });
  const timer = setTimeout(onTimeout, timeout);
  try {
    return await run(controller.signal);
  } finally {
    clearTimeout(timer);
    stop();
  }
}

/** The error of a call that took longer than `timeout` ms. */
export function lateCall(operation: string, timeout: number): StorageError {
  return new StorageError(
    "TIMEOUT",
    `The call took longer than ${timeout} ms. Try again, raise its timeout, or see why the store is slow.`,
    { operation },
  );
}

/** The error of a call whose caller gave it up. The reason is its cause, also when that is a StorageError of another call. */
export function abortedCall(operation: string, signal: AbortSignal): StorageError {
  return new StorageError("ABORTED", "The call was aborted.", { operation, cause: signal.reason });
}
