import { StorageError, isStorageError, type StorageErrorCode, type StorageErrorDetails } from "../errors/error.js";

const failures = new WeakSet<StorageError>();

/** What an error says of a source: its code, and whether the same may succeed later. */
interface SourceVerdict {
  readonly code: StorageErrorCode;
  readonly retryable: boolean | undefined;
}

/**
 * What the failure of a source of the user's own means: a {@link StorageError} (also of another copy of this package) keeps
 * its code and `retryable`, all else is `UNEXPECTED`. So is `ABORTED`: that the source was given up does not mean that the
 * call was.
 */
function verdictOfSource(cause: unknown): SourceVerdict {
  if (!isStorageError(cause) || cause.code === "ABORTED") return { code: "UNEXPECTED", retryable: undefined };
  return { code: cause.code, retryable: cause.retryable };
}

/** The error of a call whose source failed. It says nothing of the store: see {@link isSourceFailure}. */
export function sourceFailure(cause: unknown, message: string, details: StorageErrorDetails): StorageError {
  const { code, retryable } = verdictOfSource(cause);
  const error = new StorageError(code, message, { ...details, cause, retryable });
  failures.add(error);
  return error;
}

/** Whether an error says that the source of a body failed, and nothing of the store that was to take it. */
export function isSourceFailure(error: unknown): boolean {
  return failures.has(error as StorageError);
}
