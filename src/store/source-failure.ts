import { StorageError, isStorageError, type StorageErrorCode, type StorageErrorDetails } from "../errors/error.js";

const failures = new WeakSet<StorageError>();

/** What an error says about a source: its code, and whether a retry may succeed. */
interface SourceVerdict {
  readonly code: StorageErrorCode;
  readonly retryable: boolean | undefined;
}

/**
 * Returns what the failure of a user's own source means. A {@link StorageError} (also of another copy of this
 * package) keeps its code and `retryable`. Every other error is `UNEXPECTED`. So is `ABORTED`, since an aborted
 * source does not mean that the call was aborted.
 */
function verdictOfSource(cause: unknown): SourceVerdict {
  if (!isStorageError(cause) || cause.code === "ABORTED") return { code: "UNEXPECTED", retryable: undefined };
  return { code: cause.code, retryable: cause.retryable };
}

/** Returns the error of a call whose source failed. It says nothing about the store: see {@link isSourceFailure}. */
export function sourceFailure(cause: unknown, message: string, details: StorageErrorDetails): StorageError {
  const { code, retryable } = verdictOfSource(cause);
  const error = new StorageError(code, message, { ...details, cause, retryable });
  failures.add(error);
  return error;
}

/** Whether an error says that the source of a body failed. Such an error says nothing about the store of the write. */
export function isSourceFailure(error: unknown): boolean {
  return failures.has(error as StorageError);
}
