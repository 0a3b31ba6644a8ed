import type { Clock } from "../../../src/async/clock.js";
import {
  withCircuitBreaker,
  withConcurrencyLimit,
  withPrefix,
  withRetry,
  withTimeout,
  withUsageLimits,
  type CircuitBreakerStore,
  type UsageCounter,
} from "../../../src/store/layers/index.js";
import type { Store } from "../../../src/store/store.js";
import type { StorageObserver } from "../../../src/observe/observer.js";

export interface StackOptions {
  clock?: Clock;
  counter?: UsageCounter;
  observer?: StorageObserver;
  random?: () => number;
}

export interface RecommendedStack {
  /** All layers, in the order that docs/stores/layers.md recommends. */
  store: Store;
  /** All but the prefix. */
  retried: Store;
  breaker: CircuitBreakerStore;
}

export function recommendedStack(store: Store, options: StackOptions = {}): RecommendedStack {
  const { counter, random, ...common } = options;
  const { clock } = common;
  const timed = withTimeout(store, { timeout: 1000, clock });
  const metered = withUsageLimits(timed, { requests: 1e6, egressBytes: 1e9, ingressBytes: 1e9, counter, ...common });
  const breaker = withCircuitBreaker(metered, { failures: 5, resetAfter: 2000, ...common });
  const limited = withConcurrencyLimit(breaker, { limit: 4 });
  const retried = withRetry(limited, { random, ...common });
  return { store: withPrefix(retried, "tenants/42"), retried, breaker };
}
