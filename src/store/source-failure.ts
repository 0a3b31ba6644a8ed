import { StorageError, isStorageError, type StorageErrorDetails } from "../errors/error.js";

const failures = new WeakSet<StorageError>();

/**
 * Returns the error of a call whose source failed. It says nothing about the store: see {@link isSourceFailure}. A
 * {@link StorageError} (also of another copy of this package) keeps its code and `retryable`. Every other error is
 * `UNEXPECTED`. So is `ABORTED`, since an aborted source does not mean that the call was aborted.
 */
export function sourceFailure(cause: unknown, message: string, details: StorageErrorDetails): StorageError {
  const known = isStorageError(cause) && cause.code !== "ABORTED" ? cause : undefined;
  const error = new StorageError(known?.code ?? "UNEXPECTED", message, {
    ...details,
    cause,
    retryable: known?.retryable,
  });
  failures.add(error);
  return error;
}

/** Whether an error says that the source of a body failed. Such an error says nothing about the store of the write. */
export function isSourceFailure(error: unknown): boolean {
  return failures.has(error as StorageError);
}
