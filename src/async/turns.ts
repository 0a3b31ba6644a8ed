import { types } from "node:util";
import { setImmediate } from "node:timers/promises";
import { throwIfAborted } from "./abort.js";
import type { StorageErrorDetails } from "../errors/error.js";

// Milliseconds of work after which other work has its turn. It is less than a health check would notice, and long
// enough that the turns cost nothing.
const TURN = 10;

const monotonic = (): number => performance.now();

/** Work that shares the event loop with the other work of the process. */
export class Turns {
  private start: number;
  private waiting: Promise<void> | undefined;

  constructor(
    private readonly now: () => number = monotonic,
    private readonly nextTurn: () => Promise<unknown> = () => setImmediate(),
  ) {
    this.start = now();
  }

  /** Whether other work should have its turn. Until then, none of the parallel users of this object goes on. */
  get due(): boolean {
    return this.waiting !== undefined || this.now() - this.start >= TURN;
  }

  /**
   * Gives the event loop a turn if it had none for 10 ms. To be called between two steps of work.
   *
   * @throws {StorageError} `ABORTED` when the signal fires before that
   */
  async take(signal?: AbortSignal): Promise<void> {
    if (!this.due) return;
    this.waiting ??= this.nextTurn().then(() => {
      this.waiting = undefined;
      this.start = this.now();
    });
    await this.waiting;
    throwIfAborted(signal);
  }

  /**
   * Yields the results of work that is done step by step. A step may give `undefined`, for no result, or a promise to
   * wait for.
   */
  async *steps<T extends object>(
    steps: Iterable<T | Promise<unknown> | undefined>,
  ): AsyncGenerator<T, void, undefined> {
    await this.take();
    for (const item of steps) {
      if (types.isPromise(item)) await item;
      else if (item !== undefined) yield item;
      if (this.due) await this.take();
    }
  }

  /**
   * Runs work that is done step by step to its end.
   *
   * @param details details of the call that the work is for
   * @throws {StorageError} `ABORTED` when the signal fires between two steps; the errors of the work
   */
  async complete<T>(
    steps: Iterator<undefined, T, undefined>,
    signal: AbortSignal | undefined,
    details?: StorageErrorDetails,
  ): Promise<T> {
    for (;;) {
      const next = steps.next();
      if (next.done === true) return next.value;
      if (!this.due) continue;
      await this.take();
      throwIfAborted(signal, details);
    }
  }
}
