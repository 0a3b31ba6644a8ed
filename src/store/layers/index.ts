export { withCircuitBreaker, type CircuitBreakerOptions, type CircuitBreakerStore } from "./circuit-breaker.js";
export type { CircuitState } from "./circuit.js";
export { withConcurrencyLimit, type ConcurrencyLimitOptions } from "./concurrency-limit.js";
export { withPrefix } from "./prefix.js";
export { withRetry, type RetryOptions } from "./retry.js";
export { withTimeout, type TimedOperation, type TimeoutOptions } from "./timeout.js";
export { MemoryUsageCounter, type UsageCounter, type UsageKind } from "./usage-counter.js";
export { withUsageLimits, type UsageLimitOptions } from "./usage-limits.js";
