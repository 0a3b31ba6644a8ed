import { abortable } from "../../async/abort.js";
import type { CallDetails } from "../check.js";
import { StorageError, isStorageError } from "../../errors/error.js";
import { LinkedAbort } from "../../async/linked-abort.js";
import type { ReadOptions, ReadResult, Store } from "../store.js";
import { isRetryable, type Attempts, type RetryPolicy } from "./retry-policy.js";

const END = { done: true, value: undefined } as const;

/**
 * A body that goes on where it broke off. The rest is read as a range, from the same version (the same etag).
 * Attempts and time are counted from the last byte that came.
 */
export class ResumedBody implements AsyncIterableIterator<Uint8Array> {
  #result: ReadResult | undefined;
  #iterator: AsyncIterator<Uint8Array> | undefined;
  // The attempts since the last byte that came.
  #attempts: Attempts | undefined;
  #stop: LinkedAbort | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #delivered = 0;
  #closed = false;
  readonly #etag: string | undefined;
  readonly #size: number;
  // Number of bytes in all.
  readonly #expected: number;

  constructor(
    private readonly store: Store,
    private readonly path: string,
    private readonly options: ReadOptions,
    private readonly policy: RetryPolicy,
    private readonly details: CallDetails,
    result: ReadResult,
  ) {
    this.#result = result;
    this.#etag = result.info.etag;
    this.#size = result.info.size;
    const { offset = 0, length = Infinity } = options;
    this.#expected = Math.max(0, Math.min(length, result.info.size - offset));
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /**
   * Takes one step after the other, even for a reader that asks for several at a time, since they belong in one
   * order.
   */
  next(): Promise<IteratorResult<Uint8Array>> {
    const step = this.#last.then(() => this.#step());
    this.#last = step.catch(() => undefined);
    return step;
  }

  /** Gives up the rest. Also interrupts a back-off. */
  async return(): Promise<IteratorResult<Uint8Array>> {
    const result = this.#result;
    this.#stop?.abort("The body was cancelled.");
    this.#close();
    await result?.cancel();
    return END;
  }

  async #step(): Promise<IteratorResult<Uint8Array>> {
    this.#attempts ??= this.policy.begin(this.details);
    while (!this.#closed) {
      try {
        this.#iterator ??= this.#result![Symbol.asyncIterator]();
        return this.#took(await this.#iterator.next());
      } catch (error) {
        this.#drop();
        if (this.#isClosed()) return END;
        await this.#reopen(error, this.#attempts).catch((failure: unknown) => {
          if (this.#isClosed()) return;
          this.#close();
          throw failure;
        });
      }
    }
    return END;
  }

  #took(step: IteratorResult<Uint8Array>): IteratorResult<Uint8Array> {
    if (this.#closed) return END;
    if (step.done === true) {
      if (this.#delivered < this.#expected) throw this.#endedEarly();
      this.#close();
      return END;
    }
    if (step.value.byteLength > 0) this.#attempts = undefined;
    this.#delivered += step.value.byteLength;
    return step;
  }

  /** Opens the body where it broke off, in as many attempts as the policy allows. Throws `broken` if it can't. */
  async #reopen(broken: unknown, attempts: Attempts): Promise<void> {
    if (!this.#canResume()) throw broken;
    const { signal } = (this.#stop ??= new LinkedAbort(this.options.signal));
    let failure = broken;
    while (this.#result === undefined) {
      await attempts.next(failure, signal);
      try {
        const discard = (late: ReadResult): Promise<void> => late.cancel();
        const rest = this.store.read(this.path, this.#rest(signal));
        this.#result = await abortable(rest, signal, this.details, discard);
      } catch (error) {
        // The error that broke the body off is the answer to the whole read. The error of reading the rest is not.
        if (!isRetryable(error)) throw isStorageError(error, "ABORTED") ? error : broken;
        failure = error;
      }
    }
    const { etag, size } = this.#result.info;
    if (etag === this.#etag && size === this.#size) return;
    this.#drop();
    // The object was replaced: two versions would be mixed.
    throw broken;
  }

  // Without an etag nobody knows whether the object is still the same.
  #canResume(): boolean {
    return this.#etag !== undefined && (this.store.capability.rangeRead || this.#delivered === 0);
  }

  #rest(signal: AbortSignal): ReadOptions {
    const { offset = 0, length } = this.options;
    if (this.#delivered === 0) return { ...this.options, signal };
    return {
      signal,
      offset: offset + this.#delivered,
      ...(length !== undefined && { length: length - this.#delivered }),
    };
  }

  // A connection may end without an error. The bytes that came are then not the whole object.
  #endedEarly(): StorageError {
    const message = `The body ended after ${this.#delivered} of ${this.#expected} bytes.`;
    return new StorageError("UNAVAILABLE", message, this.details);
  }

  #drop(): void {
    this.#result?.cancel().catch(() => undefined);
    this.#result = undefined;
    this.#iterator = undefined;
  }

  #close(): void {
    this.#closed = true;
    this.#stop?.unlink();
    this.#result = undefined;
  }

  // A method, since the compiler takes the field for unchanged over an await.
  #isClosed(): boolean {
    return this.#closed;
  }
}
