import { setImmediate as turn } from "node:timers/promises";
import type { Clock } from "../async/clock.js";
import { StorageError } from "../errors/error.js";

interface Timer {
  readonly id: number;
  readonly due: number;
  readonly callback: () => void;
}

/**
 * A {@link Clock} that stands still until it is told to advance. So retries, timeouts and lifetimes are tested without
 * waiting.
 *
 * @example
 * const clock = new FakeClock();
 * let rang = false;
 * clock.setTimeout(() => (rang = true), 60_000);
 * await clock.advance(60_000); // rang is true
 */
export class FakeClock implements Clock {
  #now: number;
  #timers: Timer[] = [];
  #lastId = 0;

  /**
   * @param start the first `now()`, in milliseconds since 1970-01-01T00:00:00Z; default 0
   * @throws {StorageError} `CONFIG_INVALID`
   */
  constructor(start = 0) {
    assertMilliseconds(start, "The start of a FakeClock");
    this.#now = start;
  }

  now(): number {
    return this.#now;
  }

  setTimeout(callback: () => void, delay: number): number {
    const id = ++this.#lastId;
    this.#timers.push({ id, due: this.#now + Math.max(0, delay), callback });
    // Sorted by time. A stable sort keeps the order of timers that are due together.
    this.#timers.sort((a, b) => a.due - b.due);
    return id;
  }

  clearTimeout(timer: unknown): void {
    this.#timers = this.#timers.filter(({ id }) => id !== timer);
  }

  /** The number of waiting timers. */
  get pending(): number {
    return this.#timers.length;
  }

  /**
   * Lets `ms` milliseconds pass. Timers call back in order, each at its own time. Between two timers, all code that
   * was waiting for the first one continues. So timers that this code sets run as well.
   *
   * @throws {StorageError} `CONFIG_INVALID` for a value that is negative, or not a finite number
   */
  async advance(ms: number): Promise<void> {
    assertMilliseconds(ms, "What a FakeClock advances by");
    const end = this.#now + ms;
    await turn();
    for (let timer = this.#timers[0]; timer !== undefined && timer.due <= end; timer = this.#timers[0]) {
      this.#timers.shift();
      this.#now = timer.due;
      timer.callback();
      await turn();
    }
    this.#now = end;
  }
}

function assertMilliseconds(value: unknown, what: string): void {
  if (typeof value === "number" && Number.isFinite(value) && value >= 0) return;
  throw new StorageError("CONFIG_INVALID", `${what} must be a finite number of milliseconds, at least 0.`, {
    operation: "configure",
  });
}
