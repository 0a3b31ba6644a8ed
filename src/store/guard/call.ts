import { StorageError, isStorageError } from "../../errors/error.js";
import { abortedError } from "../../async/abort.js";
import type { CallDetails } from "../check.js";
import { callFailure } from "../../errors/as-storage-error.js";

/** One call of a store that may throw and answer anything. */
export class GuardedCall {
  constructor(
    private readonly details: CallDetails,
    private readonly signal?: AbortSignal,
  ) {}

  /** Settles as `call` does, or rejects with its {@link failure}. */
  async run<T>(call: () => T | Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      throw this.failure(error);
    }
  }

  /**
   * What was thrown, as a `StorageError`: one keeps its code and `retryable`, all else is `UNEXPECTED`. Only the signal makes
   * `ABORTED`: with it any other error of a call that was given up is that, and without it nothing is.
   */
  failure(error: unknown): StorageError {
    if (isStorageError(error) && error.code !== "ABORTED") return error;
    if (this.signal?.aborted === true) return abortedError(this.signal, this.details);
    return callFailure(error, this.signal, this.details);
  }

  /** The error of an answer that is none. @param due what the store must answer with */
  badAnswer(due: string): StorageError {
    const message = `The ${this.details.operation} of the store must give ${due}. It gave something else: mend the store.`;
    return new StorageError("UNEXPECTED", message, this.details);
  }
}
