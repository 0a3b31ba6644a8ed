import { abortedError } from "../../async/abort.js";
import type { StorageErrorDetails } from "../../errors/error.js";
import { onAbort } from "../../async/on-abort.js";

/** Gives a slot back. Only the first call counts. */
export type Release = () => void;

/**
 * Slots, given out in the order in which they are asked for. A call that waits leaves when its signal fires, and then
 * no call behind it waits longer for that.
 *
 * Ours, because no library that runs from CommonJS has that: async-mutex and cockatiel's bulkhead cancel all who wait
 * or none, p-limit and p-queue are ESM only and give a slot back when a promise settles, which the end of a body is not.
 */
export class Semaphore {
  #free: number;
  // Those who wait, in their order.
  readonly #waiting = new Set<() => void>();

  constructor(slots: number) {
    this.#free = slots;
  }

  /** How many wait. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** @throws {StorageError} `ABORTED` when the signal fires before a slot is free */
  acquire(signal?: AbortSignal, details?: StorageErrorDetails): Promise<Release> {
    if (signal?.aborted === true) return Promise.reject(abortedError(signal, details));
    // Whoever waited hears of the slot as soon as one who did not: nobody who comes later goes on before.
    if (this.#free === 0) return this.#turn(signal, details);
    this.#free--;
    return Promise.resolve(this.#release());
  }

  #release(): Release {
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.#handOn();
    };
  }

  #turn(signal: AbortSignal | undefined, details: StorageErrorDetails | undefined): Promise<Release> {
    return new Promise((resolve, reject) => {
      const admit = (): void => {
        stop();
        resolve(this.#release());
      };
      const leave = (): void => {
        this.#waiting.delete(admit);
        reject(abortedError(signal!, details));
      };
      this.#waiting.add(admit);
      const stop = onAbort(signal, leave);
    });
  }

  // The slot of one who leaves goes straight to the next: no call that comes now can take it.
  #handOn(): void {
    for (const admit of this.#waiting) {
      this.#waiting.delete(admit);
      admit();
      return;
    }
    this.#free++;
  }
}
