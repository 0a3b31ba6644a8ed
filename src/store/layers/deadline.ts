import { abortable } from "../../async/abort.js";
import type { CallDetails } from "../check.js";
import type { Clock } from "../../async/clock.js";
import { StorageError } from "../../errors/error.js";
import { TimedAbort } from "../../async/timed-abort.js";

/** How long a call may be silent. Its signal fires when that is over, and when the caller's does. */
export class Deadline extends TimedAbort {
  readonly #details: CallDetails;
  #waiting = false;
  #ended = false;

  /** @param timeout milliseconds that each run of {@link start} gives */
  constructor(clock: Clock, timeout: number, details: CallDetails, signal: AbortSignal | undefined) {
    super(signal, clock, timeout, (limit) => {
      return new StorageError("TIMEOUT", `The store has not answered within ${limit} ms.`, details);
    });
    this.#details = details;
  }

  /** Begins to count, from nothing; not after {@link end}, when nobody would take the timer back. */
  override start(): void {
    if (this.#ended) this.stop();
    else super.start();
  }

  /** Begins no more to count, and leaves nothing on the caller's signal. An answer that is waited for stays timed. */
  override end(): void {
    this.#ended = true;
    if (!this.#waiting) this.stop();
    this.unlink();
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
}
