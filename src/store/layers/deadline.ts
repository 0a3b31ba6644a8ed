import { abortable } from "../../async/abort.js";
import type { CallDetails } from "../check.js";
import type { Clock } from "../../async/clock.js";
import { StorageError } from "../../errors/error.js";
import { TimedAbort } from "../../async/timed-abort.js";

/** The time limit of one call. Its signal fires when the time is over, and when the caller's signal fires. */
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

  /** Starts the timer from zero. Does nothing after {@link end}, since nobody would clear the timer. */
  override start(): void {
    if (this.#ended) this.stop();
    else super.start();
  }

  /**
   * Starts no more timers, and removes its listener from the caller's signal. An answer that is in flight stays
   * timed.
   */
  override end(): void {
    this.#ended = true;
    if (!this.#waiting) this.stop();
    this.unlink();
  }

  /** Waits for one answer, but not longer than the time limit. An answer that comes too late is given to `discard`. */
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
