import { asStorageError } from "../../errors/as-storage-error.js";
import { StorageError, type StorageErrorCode, type StorageErrorDetails } from "../../errors/error.js";

/** What to do with a message: deliver it again later, or send it to the dead-letter queue. */
export type Disposition = "retry" | "reject";

/**
 * Error for a message that can't be opened or settled. `code` and `path` are those of the {@link StorageError} behind
 * it, which is the `cause`. The `cause` of an aborted call is the reason of its signal.
 *
 * @example
 * catch (error) {
 *   if (error instanceof MessageError && error.disposition === "reject") channel.nack(message, false, false);
 * }
 */
export class MessageError extends StorageError {
  /**
   * `"retry"`: the store did not answer in time, or the call was aborted. The same message may open later.
   * `"reject"`: the message will never open. Its payload is gone, was changed, or may not be read.
   */
  readonly disposition: Disposition;

  /** @param error the cause; an error other than a `StorageError` becomes `UNEXPECTED` */
  constructor(error: unknown) {
    const known = asStorageError(error, { operation: "unpack" });
    const { code, message, retryable, operation, store, path } = known;
    // The cause of an aborted call is the signal's reason, as everywhere.
    super(code, message, { retryable, operation, store, path, cause: code === "ABORTED" ? known.cause : error });
    this.disposition = retryable || code === "ABORTED" ? "retry" : "reject";
  }

  static {
    Object.defineProperty(this.prototype, "name", { value: "MessageError", writable: true, configurable: true });
  }
}

/** Makes the error for a message that can't be opened. @param problem of the message, in words */
export function cannotOpen(
  code: StorageErrorCode,
  problem: string,
  details?: Pick<StorageErrorDetails, "path" | "cause">,
): StorageError {
  return new StorageError(code, `The message can't be opened: ${problem}.`, { operation: "unpack", ...details });
}

/** Makes the error for a message that can't be packed. @param problem of the message, in words */
export function cannotPack(code: StorageErrorCode, problem: string): StorageError {
  return new StorageError(code, `The message can't be packed: ${problem}.`, { operation: "pack" });
}

/** Says whether an error means that a message will never open. */
export function isPoison(error: unknown): error is MessageError {
  return error instanceof MessageError && error.disposition === "reject";
}
