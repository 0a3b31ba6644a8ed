import { StorageError, isStorageError, type StorageErrorDetails } from "./error.js";

/** The error of an aborted call: `ABORTED`, its `cause` the reason that the caller gave. */
export function abortedError(signal: AbortSignal, details: StorageErrorDetails = {}): StorageError {
  // A call's own deadline aborts with a typed error, which is then what the caller should see.
  if (isStorageError(signal.reason)) return signal.reason;
  return new StorageError("ABORTED", "The call was aborted.", { ...details, cause: signal.reason });
}

/** @throws {StorageError} `ABORTED` if the signal has fired */
export function throwIfAborted(signal: AbortSignal | undefined, details?: StorageErrorDetails): void {
  if (signal?.aborted) throw abortedError(signal, details);
}

/**
 * Settles as `promise` does, but rejects with `ABORTED` as soon as the signal fires, whatever `promise` is waiting
 * for. What it then still brings is given to `discard`. `details` say which call it was.
 */
export async function abortable<T>(
  promise: Promise<T>,
  signal: AbortSignal | undefined,
  discard?: (late: T) => unknown,
  details?: StorageErrorDetails,
): Promise<T> {
  if (signal === undefined) return promise;
  let onAbort: (() => void) | undefined;
  let settled = false;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => {
      reject(abortedError(signal, details));
    };
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
  });
  promise
    .then(
      (late) => (settled ? discard?.(late) : undefined),
      () => undefined, // after an abort nobody else hears a late rejection
    )
    .catch(() => undefined);
  try {
    return await Promise.race([aborted, promise]); // aborted beforehand: that wins, whatever promise did
  } finally {
    settled = true;
    if (onAbort !== undefined) signal.removeEventListener("abort", onAbort);
  }
}
