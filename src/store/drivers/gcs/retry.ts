import type { DriverCall } from "../driver-store.js";
import type { Storage } from "@google-cloud/storage";
import type { Clock } from "../../../async/clock.js";
import { pause } from "../../../async/pause.js";
import { isStorageError } from "../../../errors/error.js";

// Values of the library's enumeration, which can't be imported before the library is loaded.
const RETRY_ALWAYS = 0;
const RETRY_NEVER = 2;

const FIRST_DELAY = 1_000;

/**
 * Decides when a request is sent again. Follows the `retryOptions` of the client, whose idempotency strategy decides
 * about writes without a condition.
 */
export class Retry {
  attempts = 0;
  readonly #begun: number;

  constructor(
    private readonly options: Storage["retryOptions"],
    private readonly clock: Clock,
  ) {
    this.#begun = clock.now();
  }

  /** Runs the attempts of a request. Throws the error of the last one. */
  async run<T>(idempotent: boolean, call: DriverCall, attempt: () => Promise<T>): Promise<T> {
    for (;;) {
      this.attempts++;
      try {
        return await attempt();
      } catch (error) {
        if (!(idempotent || this.#strategy === RETRY_ALWAYS) || !(await this.pause(error, call))) throw error;
      }
    }
  }

  /** Waits before another attempt. Returns `false` if there must be no other attempt. */
  async pause(error: unknown, { signal, details }: DriverCall): Promise<boolean> {
    if (!isStorageError(error) || !error.retryable) return false;
    const { autoRetry = true, maxRetries = 3, totalTimeout = 600 } = this.options;
    if (!autoRetry || this.#strategy === RETRY_NEVER || this.attempts > maxRetries) return false;
    const delay = this.#delay();
    if (this.clock.now() - this.#begun + delay > totalTimeout * 1000) return false;
    await pause(this.clock, delay, signal, details);
    return true;
  }

  get #strategy(): number | undefined {
    return this.options.idempotencyStrategy;
  }

  // Half of the delay is random, so that callers which failed together do not retry together.
  #delay(): number {
    const { retryDelayMultiplier = 2, maxRetryDelay = 64 } = this.options;
    const delay = Math.min(FIRST_DELAY * retryDelayMultiplier ** (this.attempts - 1), maxRetryDelay * 1000);
    return (delay / 2) * (1 + Math.random());
  }
}
