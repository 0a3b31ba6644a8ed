import type { Clock } from "./clock.js";
import { LinkedAbort } from "./linked-abort.js";

/** A {@link LinkedAbort} that also fires when time is over, as often as that is begun anew. */
export class TimedAbort extends LinkedAbort {
  readonly #clock: Clock;
  readonly #limit: number | undefined;
  readonly #overdue: (limit: number) => unknown;
  #timer: unknown;

  /** @param limit milliseconds; absent: there is no end. @param overdue makes the reason */
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

  /** Counts from now. */
  start(): void {
    this.stop();
    const limit = this.#limit;
    if (limit !== undefined) this.#timer = this.#clock.setTimeout(() => this.abort(this.#overdue(limit)), limit);
  }

  /** Stops counting. */
  stop(): void {
    if (this.#timer !== undefined) this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** Leaves nothing behind on the other signal, and no timer. */
  end(): void {
    this.stop();
    this.unlink();
  }
}
