import { abortedError } from "../../async/abort.js";
import type { StorageErrorDetails } from "../../errors/error.js";
import { onAbort } from "../../async/on-abort.js";

/** Gives a slot back. Only the first call counts. */
export type Release = () => void;

/**
 * Slots that are given out in the order of the requests. A call that waits leaves when its signal fires. The calls
 * behind it then wait no longer for that.
 *
 * The semaphore is our own, because no library that runs from CommonJS has that. Both async-mutex and the bulkhead of
 * cockatiel cancel all waiting calls or none. The packages p-limit and p-queue are ESM only. They also give a slot
 * back when a promise settles, and the end of a body is no promise.
 */
export class Semaphore {
  #free: number;
  // The waiting calls, in their order.
  readonly #waiting = new Set<() => void>();

  constructor(slots: number) {
    this.#free = slots;
  }

  /** How many calls wait. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /**
   * Waits for a slot, and takes it.
   *
   * @throws {StorageError} `ABORTED` when the signal fires before a slot is free
   */
  acquire(signal?: AbortSignal, details?: StorageErrorDetails): Promise<Release> {
    if (signal?.aborted === true) return Promise.reject(abortedError(signal, details));
    // A waiting call hears of a slot as soon as a new call does. So no later call goes ahead of an earlier one.
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

  // A slot that is given back goes straight to the next waiting call. No call that comes now can take it.
  #handOn(): void {
    for (const admit of this.#waiting) {
      this.#waiting.delete(admit);
      admit();
      return;
    }
    this.#free++;
  }
}
