import { StorageError, isStorageError, textOf, type StorageErrorDetails } from "./error.js";

/**
 * Any failure as a {@link StorageError}: what a store or resolver of the user's own throws may be anything.
 *
 * @param thrower what failed, for the message
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
 * The failure of what the user's own code did for a call, as a {@link StorageError}. Only the signal makes `ABORTED`: an
 * `ABORTED` that comes without it is `UNEXPECTED`.
 *
 * @param signal that of the call
 * @param thrower what failed, for the message
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

/** The same error, with other details or text: what is not given stays. Several callers can't share one error. */
export function restated(error: StorageError, details: StorageErrorDetails, message = textOf(error)): StorageError {
  const { code, operation, store, path, cause, retryable } = error;
  return new StorageError(code, message, { operation, store, path, cause, retryable, ...details });
}
