import { StorageError, isStorageError, textOf, type StorageErrorDetails } from "./error.js";

/**
 * Turns any failure into a {@link StorageError}. A user's own store or resolver may throw anything.
 *
 * @param thrower the part that failed, for the message
 */
export function asStorageError(error: unknown, details: StorageErrorDetails, thrower = "store"): StorageError {
  if (isStorageError(error)) return error;
  return new StorageError(
    "UNEXPECTED",
    `The ${thrower} failed with an error that is not a StorageError; see its cause.`,
    { ...details, cause: error },
  );
}

/**
 * Turns the failure of user code in a call into a {@link StorageError}. Only the signal makes a call `ABORTED`. An
 * `ABORTED` without the signal becomes `UNEXPECTED`.
 *
 * @param signal the signal of the call
 * @param thrower the part that failed, for the message
 */
export function callFailure(
  error: unknown,
  signal: AbortSignal | undefined,
  details: StorageErrorDetails,
  thrower = "store",
): StorageError {
  if (!isStorageError(error, "ABORTED") || signal?.aborted === true) return asStorageError(error, details, thrower);
  const message = `The ${thrower} gave up, though nobody aborted the call; see the cause. Mend the ${thrower}.`;
  return new StorageError("UNEXPECTED", message, { ...details, cause: error });
}

/**
 * Makes the error for a value of the caller that can't be read. A getter or a proxy in it is the caller's code.
 */
export function readingFailure(error: unknown, operation: string): StorageError {
  if (isStorageError(error)) return error;
  return new StorageError(
    "UNSERIALIZABLE",
    "The value can't be read: a getter or a proxy in it threw; see the cause.",
    {
      operation,
      cause: error,
    },
  );
}

/**
 * Copies an error, with other details or another text. All other fields stay. Several callers can't share one error.
 */
export function restated(error: StorageError, details: StorageErrorDetails, message = textOf(error)): StorageError {
  const { code, operation, store, path, cause, retryable } = error;
  return new StorageError(code, message, { operation, store, path, cause, retryable, ...details });
}
