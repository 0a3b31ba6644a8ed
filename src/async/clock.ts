/** Where the time comes from: a test hands in another one, and waits for nothing. */
export interface Clock {
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  now(): number;
  /** Calls back after `delay` milliseconds. Returns what `clearTimeout` takes. */
  setTimeout(callback: () => void, delay: number): unknown;
  /** Takes back a `setTimeout`. Does nothing when it has called back already. */
  clearTimeout(timer: unknown): void;
}

/** The time of this machine. */
export const systemClock: Clock = {
  now: () => Date.now(),
  setTimeout: (callback, delay) => setTimeout(callback, delay),
  clearTimeout: (timer) => clearTimeout(timer as NodeJS.Timeout),
};
