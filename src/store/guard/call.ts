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
   * Returns what was thrown, as a `StorageError`. A `StorageError` keeps its code and `retryable`, unless its code is
   * `ABORTED`. Any other error is `ABORTED` if the signal has fired, and `UNEXPECTED` if not. So only the signal
   * makes `ABORTED`.
   */
  failure(error: unknown): StorageError {
    if (isStorageError(error) && error.code !== "ABORTED") return error;
    if (this.signal?.aborted === true) return abortedError(this.signal, this.details);
    return callFailure(error, this.signal, this.details);
  }

  /**
   * Returns the error of an answer that breaks the contract.
   *
   * @param due what the store must answer with
   */
  badAnswer(due: string): StorageError {
    const message = `The ${this.details.operation} of the store must give ${due}. It gave something else: mend the store.`;
    return new StorageError("UNEXPECTED", message, this.details);
  }
}
