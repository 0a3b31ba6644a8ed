import type { Clock } from "../../../async/clock.js";

/** Says so when nothing has happened for a while. */
export class SilenceTimer {
  readonly #clock: Clock;
  readonly #limit: number;
  readonly #onSilence: () => void;
  #timer: unknown;

  /** @param limit milliseconds */
  constructor(clock: Clock, limit: number, onSilence: () => void) {
    this.#clock = clock;
    this.#limit = limit;
    this.#onSilence = onSilence;
  }

  /** Counts anew from now. */
  restart(): void {
    this.stop();
    this.#timer = this.#clock.setTimeout(this.#onSilence, this.#limit);
  }

  stop(): void {
    if (this.#timer !== undefined) this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
