import { AsyncLocalStorage } from "node:async_hooks";
import { StandardRetryStrategy } from "@smithy/core/retry";

type Refresh = StandardRetryStrategy["refreshRetryTokenForRetry"];

const tried = new AsyncLocalStorage<true>();

/** Sends a request that was sent once before. The earlier attempt counts as one of its attempts. */
export function afterOneTry<T>(send: () => T): T {
  return tried.run(true, send);
}

/** The SDK's standard retries with limited waits. A request that was sent before the SDK's turn has one retry less. */
export class CappedRetries extends StandardRetryStrategy {
  /** @param maxBackoff milliseconds */
  constructor(
    readonly attempts: number,
    readonly maxBackoff: number,
  ) {
    super({ maxAttempts: attempts, backoff: new CappedBackoff(maxBackoff) });
  }

  override async refreshRetryTokenForRetry(...call: Parameters<Refresh>): ReturnType<Refresh> {
    const [token, { error }] = call;
    const sent = token.getRetryCount() + (tried.getStore() === true ? 2 : 1);
    if (sent >= this.attempts) throw error as Error;
    return super.refreshRetryTokenForRetry(...call);
  }
}

/** The SDK's exponential back-off with full jitter and limited waits. */
class CappedBackoff {
  #base = 0;

  /** @param maxBackoff milliseconds */
  constructor(private readonly maxBackoff: number) {}

  /** Sets the base. The SDK calls this before each computation, since the base depends on the error. */
  setDelayBase(base: number): void {
    this.#base = base;
  }

  computeNextBackoffDelay(attempt: number): number {
    return Math.floor(Math.random() * Math.min(this.#base * 2 ** attempt, this.maxBackoff));
  }
}
