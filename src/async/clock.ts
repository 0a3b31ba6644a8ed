/** A source of the time. A test passes in another one, and waits for nothing. */
export interface Clock {
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  now(): number;
  /** Calls back after `delay` milliseconds. Returns a timer for `clearTimeout`. */
  setTimeout(callback: () => void, delay: number): unknown;
  /** Cancels a `setTimeout`. Does nothing when it has called back already. */
  clearTimeout(timer: unknown): void;
}

/** The clock of this machine. */
export const systemClock: Clock = {
  now: () => Date.now(),
  setTimeout: (callback, delay) => setTimeout(callback, delay),
  clearTimeout: (timer) => clearTimeout(timer as NodeJS.Timeout),
};
