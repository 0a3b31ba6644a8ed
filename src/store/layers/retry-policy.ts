import { ExponentialBackoff, noJitterGenerator, type IBackoff } from "cockatiel";
import type { CallDetails } from "../check.js";
import type { Clock } from "../../async/clock.js";
import { pause } from "../../async/pause.js";
import { isStorageError, type StorageError } from "../../errors/error.js";
import type { Observers } from "../../observe/observer.js";
import { tell } from "../../observe/tell.js";

/** How often and how long a call is retried. Times are in milliseconds. */
export interface RetrySettings {
  readonly attempts: number;
  readonly maxElapsed: number;
  readonly baseDelay: number;
  readonly maxDelay: number;
  readonly random: () => number;
  readonly clock: Clock;
  readonly observer?: Observers | undefined;
}

/**
 * Decides which failures of a call are retried, and when. cockatiel computes the delays: an exponential back-off with
 * full jitter ("Exponential Backoff And Jitter", AWS Architecture Blog, 2015). Its jitter uses `Math.random`, so ours
 * replaces it, and a test can give it numbers. Its executor is not used, since it has neither a clock from the caller
 * nor a time limit.
 */
export class RetryPolicy {
  readonly #backoff: ExponentialBackoff<number>;

  constructor(private readonly settings: RetrySettings) {
    this.#backoff = new ExponentialBackoff<number>({
      initialDelay: settings.baseDelay,
      maxDelay: settings.maxDelay,
      generator: (state, options) => {
        const [most, next] = noJitterGenerator(state, options);
        return [most * settings.random(), next];
      },
    });
  }

  /** Begins a series of attempts. The first attempt is in flight now. */
  begin(details: CallDetails): Attempts {
    return new Attempts(this.settings, this.#backoff.next(), details);
  }
}

/** The attempts of one call, or of one step of a body or a listing. */
export class Attempts {
  readonly #begun: number;
  #attempt = 1;

  constructor(
    private readonly settings: RetrySettings,
    private backoff: IBackoff<unknown>,
    private readonly details: CallDetails,
  ) {
    this.#begun = settings.clock.now();
  }

  /**
   * Waits until the time of the next attempt. Throws the error of the last attempt if there is no next one. There is
   * none if the error is not retryable, if there were enough attempts, or if the next would begin after the time is
   * over.
   *
   * @throws {StorageError} `ABORTED` as soon as the signal fires
   */
  async next(error: unknown, signal: AbortSignal | undefined): Promise<void> {
    const { attempts, maxElapsed, clock, observer } = this.settings;
    if (!isRetryable(error) || this.#attempt >= attempts) throw error;
    const delay = this.backoff.duration;
    if (clock.now() - this.#begun + delay > maxElapsed) throw error;
    const { operation, store } = this.details;
    tell(observer, "retry", store, {
      outcome: "error",
      code: error.code,
      during: operation,
      attempt: this.#attempt,
      durationMs: clock.now() - this.#begun,
    });
    this.#attempt++;
    this.backoff = this.backoff.next(undefined);
    await pause(clock, delay, signal, this.details);
  }
}

/** Whether the same call may succeed later. */
export function isRetryable(error: unknown): error is StorageError {
  return isStorageError(error) && error.retryable;
}
