import type { DriverCall } from "../driver-store.js";
import type { Storage } from "@google-cloud/storage";
import { abortable } from "../../../async/abort.js";
import type { Clock } from "../../../async/clock.js";
import { isStorageError } from "../../../errors/error.js";

// The library's enumeration, whose value can't be imported before the library is there.
const RETRY_ALWAYS = 0;
const RETRY_NEVER = 2;

const FIRST_DELAY = 1_000;

/**
 * When one request is sent again: by the `retryOptions` of the client, whose idempotency strategy decides about writes
 * without a condition.
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

  /** Runs the attempts of a request. The error of the last one is thrown. */
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

  /** Waits before another attempt. False when there is to be none. */
  async pause(error: unknown, { signal, details }: DriverCall): Promise<boolean> {
    if (!isStorageError(error) || !error.retryable) return false;
    const { autoRetry = true, maxRetries = 3, totalTimeout = 600 } = this.options;
    if (!autoRetry || this.#strategy === RETRY_NEVER || this.attempts > maxRetries) return false;
    const delay = this.#delay();
    if (this.clock.now() - this.#begun + delay > totalTimeout * 1000) return false;
    let timer: unknown;
    const elapsed = new Promise<void>((resolve) => (timer = this.clock.setTimeout(resolve, delay)));
    await abortable(elapsed, signal, details).finally(() => this.clock.clearTimeout(timer));
    return true;
  }

  get #strategy(): number | undefined {
    return this.options.idempotencyStrategy;
  }

  // Half of it at random, so that those who failed together do not come back together.
  #delay(): number {
    const { retryDelayMultiplier = 2, maxRetryDelay = 64 } = this.options;
    const delay = Math.min(FIRST_DELAY * retryDelayMultiplier ** (this.attempts - 1), maxRetryDelay * 1000);
    return (delay / 2) * (1 + Math.random());
  }
}
