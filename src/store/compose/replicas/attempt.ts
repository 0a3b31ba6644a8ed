import { abortable } from "../../../async/abort.js";
import type { CallDetails } from "../../check.js";
import type { Clock } from "../../../async/clock.js";
import { LinkedAbort } from "../../../async/linked-abort.js";
import { StorageError } from "../../../errors/error.js";

/** What bounds one attempt. */
export interface AttemptLimits {
  readonly clock: Clock;
  /** Milliseconds until the attempt is a `TIMEOUT`. */
  readonly timeout: number | undefined;
}

/**
 * One copy (or the locator) being asked. It ends at once, whatever it waits for, when the caller gives up, when its time
 * is over, and when another copy has answered.
 */
export class Attempt {
  readonly #abort: LinkedAbort;
  readonly #limits: AttemptLimits;
  readonly #details: CallDetails;
  #timer: unknown;

  /** @param caller the signal of the call */
  constructor(caller: AbortSignal | undefined, limits: AttemptLimits, details: CallDetails) {
    this.#abort = new LinkedAbort(caller);
    this.#limits = limits;
    this.#details = details;
    this.start();
  }

  /** For what the attempt calls. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Settles as the promise does, or when the attempt ends. What then still comes is given to `discard`. */
  wait<T>(promise: Promise<T>, discard?: (late: T) => unknown): Promise<T> {
    return abortable(promise, this.signal, this.#details, discard);
  }

  /** Lets the time run, from now. */
  start(): void {
    const { clock, timeout } = this.#limits;
    this.pause();
    if (timeout !== undefined) this.#timer = clock.setTimeout(() => this.giveUp(this.#overdue(timeout)), timeout);
  }

  /** Stops the time. */
  pause(): void {
    if (this.#timer !== undefined) this.#limits.clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  giveUp(reason: unknown): void {
    this.#abort.abort(reason);
  }

  /** Leaves nothing behind on the caller's signal, and no timer. */
  end(): void {
    this.pause();
    this.#abort.unlink();
  }

  #overdue(timeout: number): StorageError {
    return new StorageError("TIMEOUT", `There was no answer within ${timeout} ms.`, this.#details);
  }
}
