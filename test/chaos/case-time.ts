import { FakeClock } from "../../src/testing/index.js";
import type { Clock } from "../../src/async/clock.js";

interface Timer {
  readonly due: number;
  readonly fake: number;
}

/**
 * The time of a case: it goes on only when it is told to, and the time of day may jump, which timers do not notice. While
 * it is installed, the timers, `Date.now` and `AbortSignal.timeout` of this process are its own.
 */
export class CaseTime implements Clock {
  readonly #fake = new FakeClock();
  readonly #timers = new Map<object, Timer>();
  #timeOfDay = 1_700_000_000_000;
  #restore: (() => void) | undefined;

  now(): number {
    return this.#timeOfDay + this.#fake.now();
  }

  setTimeout(callback: () => void, delay = 0): object {
    const timer = { unref: () => timer, ref: () => timer };
    const ring = (): void => {
      this.#timers.delete(timer);
      callback();
    };
    this.#timers.set(timer, { due: this.#fake.now() + Math.max(0, delay), fake: this.#fake.setTimeout(ring, delay) });
    return timer;
  }

  clearTimeout(timer: unknown): void {
    const known = this.#timers.get(timer as object);
    if (known === undefined) return;
    this.#fake.clearTimeout(known.fake);
    this.#timers.delete(timer as object);
  }

  /** Timers that are set, apart from those of signals, which nobody can take back. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Milliseconds that have passed. */
  get passed(): number {
    return this.#fake.now();
  }

  /** Sets the time of day forward or back. */
  jump(ms: number): void {
    this.#timeOfDay += ms;
  }

  /** Goes on to the next timer; false if there is none within `most` ms. */
  async toNextTimer(most: number): Promise<boolean> {
    let next = Infinity;
    for (const { due } of this.#timers.values()) next = Math.min(next, due);
    for (const due of this.#signalTimers) next = Math.min(next, due);
    const wait = next - this.#fake.now();
    if (next === Infinity || wait > most) return false;
    await this.#fake.advance(Math.max(0, wait));
    return true;
  }

  install(): void {
    const { setTimeout, clearTimeout } = globalThis;
    const { now } = Date;
    const { timeout } = AbortSignal;
    const set = (callback: (...args: unknown[]) => void, ms?: number, ...args: unknown[]) =>
      this.setTimeout(() => callback(...args), ms);
    Object.assign(globalThis, { setTimeout: set, clearTimeout: (timer: unknown) => this.clearTimeout(timer) });
    Date.now = () => Math.floor(this.now());
    AbortSignal.timeout = (ms) => this.#signal(ms);
    this.#restore = () => {
      Object.assign(globalThis, { setTimeout, clearTimeout });
      Date.now = now;
      AbortSignal.timeout = timeout;
    };
  }

  uninstall(): void {
    this.#restore?.();
    this.#restore = undefined;
  }

  readonly #signalTimers = new Set<number>();

  #signal(ms: number): AbortSignal {
    const controller = new AbortController();
    const due = this.#fake.now() + ms;
    this.#signalTimers.add(due);
    this.#fake.setTimeout(() => {
      this.#signalTimers.delete(due);
      controller.abort(new DOMException("The operation was aborted due to timeout", "TimeoutError"));
    }, ms);
    return controller.signal;
  }
}
