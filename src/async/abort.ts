import { onAbort } from "./on-abort.js";
import { StorageError, isStorageError, type StorageErrorDetails } from "../errors/error.js";

/** Returns the error of an aborted call: `ABORTED`, with the caller's reason as its `cause`. */
export function abortedError(signal: AbortSignal, details: StorageErrorDetails = {}): StorageError {
  // A call's own deadline aborts with a typed error. The caller should then see this error.
  if (isStorageError(signal.reason)) return signal.reason;
  return new StorageError("ABORTED", "The call was aborted.", { ...details, cause: signal.reason });
}

/** @throws {StorageError} `ABORTED` if the signal has fired */
export function throwIfAborted(signal: AbortSignal | undefined, details?: StorageErrorDetails): void {
  if (signal?.aborted) throw abortedError(signal, details);
}

/**
 * Settles as `promise` does, but rejects with `ABORTED` as soon as the signal fires, whatever `promise` is waiting
 * for. A later result of `promise` is passed to `discard`. `details` say which call it was.
 */
export function abortable<T>(
  promise: Promise<T>,
  signal: AbortSignal | undefined,
  details?: StorageErrorDetails,
  discard?: (late: T) => unknown,
): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    let aborted = false;
    const giveUp = (): void => {
      aborted = true;
      reject(abortedError(signal, details));
    };
    const stop = onAbort(signal, giveUp);
    if (signal.aborted) giveUp();
    promise
      .then((value) => (aborted ? discard?.(value) : resolve(value)))
      .catch(reject) // after an abort, nobody hears this error, or an error of the discarding
      .finally(stop);
  });
}
