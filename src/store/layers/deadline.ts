import { abortable } from "../../async/abort.js";
import type { CallDetails } from "../check.js";
import type { Clock } from "../../async/clock.js";
import { StorageError } from "../../errors/error.js";
import { LinkedAbort } from "../../async/linked-abort.js";

/** How long a call may be silent. Its signal fires when that is over, and when the caller's does. */
export class Deadline {
  readonly #link: LinkedAbort;
  readonly #clock: Clock;
  readonly #timeout: number;
  readonly #details: CallDetails;
  #timer: unknown;
  #waiting = false;
  #ended = false;

  /** @param timeout milliseconds that each run of {@link start} gives */
  constructor(clock: Clock, timeout: number, details: CallDetails, signal: AbortSignal | undefined) {
    this.#link = new LinkedAbort(signal);
    this.#clock = clock;
    this.#timeout = timeout;
    this.#details = details;
  }

  get signal(): AbortSignal {
    return this.#link.signal;
  }

  /** Begins to count, from nothing; not after {@link end}, when nobody would take the timer back. */
  start(): void {
    this.stop();
    if (this.#ended) return;
    this.#timer = this.#clock.setTimeout(() => this.#link.abort(this.#error()), this.#timeout);
  }

  /** Stops counting. */
  stop(): void {
    this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** Begins no more to count, and leaves nothing on the caller's signal. An answer that is waited for stays timed. */
  end(): void {
    this.#ended = true;
    if (!this.#waiting) this.stop();
    this.#link.unlink();
  }

  /** Waits for one answer, no longer than there is time for it. What comes too late is given to `discard`. */
  async wait<T>(answer: () => Promise<T>, discard?: (late: T) => unknown): Promise<T> {
    this.start();
    this.#waiting = true;
    try {
      return await abortable(answer(), this.signal, this.#details, discard);
    } finally {
      this.#waiting = false;
      this.stop();
    }
  }

  #error(): StorageError {
    const message = `The store has not answered within ${this.#timeout} ms.`;
    return new StorageError("TIMEOUT", message, this.#details);
  }
}
