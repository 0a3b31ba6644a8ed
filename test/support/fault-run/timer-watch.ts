type Timer = NodeJS.Timeout | string | number | undefined;

/**
 * Counts the timers that are set meanwhile and are not over. Not by `process.getActiveResourcesInfo()`, which counts
 * those of the test runner, too.
 */
export class TimerWatch {
  // By their numbers, which some clear them by.
  readonly #pending = new Set<number>();
  readonly #original = {
    setTimeout: globalThis.setTimeout,
    setInterval: globalThis.setInterval,
    clearTimeout: globalThis.clearTimeout,
    clearInterval: globalThis.clearInterval,
  };

  constructor() {
    const pending = this.#pending;
    const { setTimeout, setInterval, clearTimeout } = this.#original;
    const clear = (timer: Timer): void => {
      pending.delete(Number(timer));
      clearTimeout(timer);
    };
    const set = (callback: () => void, ms?: number): NodeJS.Timeout => {
      const timer = setTimeout(() => {
        pending.delete(Number(timer));
        callback();
      }, ms);
      pending.add(Number(timer));
      return timer;
    };
    const repeat = (callback: () => void, ms?: number): NodeJS.Timeout => {
      const timer = setInterval(callback, ms);
      pending.add(Number(timer));
      return timer;
    };
    const watched = { setTimeout: set, setInterval: repeat, clearTimeout: clear, clearInterval: clear };
    Object.assign(globalThis, watched);
  }

  get pending(): number {
    return this.#pending.size;
  }

  stop(): void {
    Object.assign(globalThis, this.#original);
  }
}
