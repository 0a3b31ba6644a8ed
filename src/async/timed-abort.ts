import type { Clock } from "./clock.js";
import { LinkedAbort } from "./linked-abort.js";

/** A {@link LinkedAbort} that also fires when a time limit is over. The time can be restarted any number of times. */
export class TimedAbort extends LinkedAbort {
  readonly #clock: Clock;
  readonly #limit: number | undefined;
  readonly #overdue: (limit: number) => unknown;
  #timer: unknown;

  /**
   * @param limit milliseconds; `undefined` for no limit
   * @param overdue makes the reason
   */
  constructor(
    source: AbortSignal | undefined,
    clock: Clock,
    limit: number | undefined,
    overdue: (limit: number) => unknown,
  ) {
    super(source);
    this.#clock = clock;
    this.#limit = limit;
    this.#overdue = overdue;
  }

  /** Starts the time limit now. */
  start(): void {
    this.stop();
    const limit = this.#limit;
    if (limit !== undefined) this.#timer = this.#clock.setTimeout(() => this.abort(this.#overdue(limit)), limit);
  }

  /** Stops the time limit. */
  stop(): void {
    if (this.#timer !== undefined) this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** Stops the timer, and removes everything from the other signal. */
  end(): void {
    this.stop();
    this.unlink();
  }
}
