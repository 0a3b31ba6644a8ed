import { asStorageError } from "../../errors/as-storage-error.js";
import { StorageError } from "../../errors/error.js";

/** What is to be done with a message: deliver it again later, or hand it to the dead letters. */
export type Disposition = "retry" | "reject";

/**
 * A message that can't be opened or settled. `code`, `path` and `cause` are those of the {@link StorageError} behind it.
 *
 * @example
 * catch (error) {
 *   if (error instanceof MessageError && error.disposition === "reject") channel.nack(message, false, false);
 * }
 */
export class MessageError extends StorageError {
  /**
   * `"retry"`: the store did not answer in time, or the call was aborted: the same message may be opened later.
   * `"reject"`: it will not be: its payload is gone, is not what was written, or may not be read.
   */
  readonly disposition: Disposition;

  /** @param error why; what is no `StorageError` is `UNEXPECTED` */
  constructor(error: unknown) {
    const { code, message, retryable, operation, store, path } = asStorageError(error, { operation: "unpack" });
    super(code, message, { retryable, operation, store, path, cause: error });
    this.disposition = retryable || code === "ABORTED" ? "retry" : "reject";
  }

  static {
    Object.defineProperty(this.prototype, "name", { value: "MessageError", writable: true, configurable: true });
  }
}

/** Whether a message will never be opened. */
export function isPoison(error: unknown): error is MessageError {
  return error instanceof MessageError && error.disposition === "reject";
}
