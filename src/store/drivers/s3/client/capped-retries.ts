import { StandardRetryStrategy } from "@smithy/core/retry";

/** The SDK's standard retries, their waits limited. */
export class CappedRetries extends StandardRetryStrategy {
  /** @param maxBackoff milliseconds */
  constructor(attempts: number, maxBackoff: number) {
    super({ maxAttempts: attempts, backoff: new CappedBackoff(maxBackoff) });
  }
}

/** The SDK's exponential backoff with full jitter, its waits limited. */
class CappedBackoff {
  readonly #maxBackoff: number;
  #base = 0;

  /** @param maxBackoff milliseconds */
  constructor(maxBackoff: number) {
    this.#maxBackoff = maxBackoff;
  }

  /** The SDK sets the base before each computation: it depends on the error. */
  setDelayBase(base: number): void {
    this.#base = base;
  }

  computeNextBackoffDelay(attempt: number): number {
    return Math.floor(Math.random() * Math.min(this.#base * 2 ** attempt, this.#maxBackoff));
  }
}
