import { abortable } from "../../../async/abort.js";
import type { CallDetails } from "../../check.js";
import type { Clock } from "../../../async/clock.js";
import { TimedAbort } from "../../../async/timed-abort.js";
import { StorageError } from "../../../errors/error.js";

/** The limits of one attempt. */
export interface AttemptLimits {
  readonly clock: Clock;
  /** Milliseconds until the attempt ends with `TIMEOUT`. */
  readonly timeout: number | undefined;
}

/**
 * One request to a copy, or to the locator. It ends when the caller gives up, when its time is over, and when another
 * copy has answered. Then it ends at once, whatever it waits for.
 */
export class Attempt extends TimedAbort {
  readonly #details: CallDetails;

  /** @param caller the signal of the call */
  constructor(caller: AbortSignal | undefined, { clock, timeout }: AttemptLimits, details: CallDetails) {
    super(
      caller,
      clock,
      timeout,
      (limit) => new StorageError("TIMEOUT", `There was no answer within ${limit} ms.`, details),
    );
    this.#details = details;
    this.start();
  }

  /** Settles as the promise does, or when the attempt ends. A result that comes after the end is given to `discard`. */
  wait<T>(promise: Promise<T>, discard?: (late: T) => unknown): Promise<T> {
    return abortable(promise, this.signal, this.#details, discard);
  }
}
