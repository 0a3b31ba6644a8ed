import { types } from "node:util";
import { setImmediate } from "node:timers/promises";
import { throwIfAborted } from "./abort.js";
import type { StorageErrorDetails } from "../errors/error.js";

// Milliseconds of work after which others have their turn: less than what a health check notices, and so much that the
// turns themselves cost nothing.
const TURN = 10;

const monotonic = (): number => performance.now();

/** Work that is done in turns with all else that the process does. */
export class Turns {
  private start: number;
  private waiting: Promise<void> | undefined;

  constructor(
    private readonly now: () => number = monotonic,
    private readonly nextTurn: () => Promise<unknown> = () => setImmediate(),
  ) {
    this.start = now();
  }

  /** Whether others should have their turn: of all who do this work side by side nobody goes on until they had it. */
  get due(): boolean {
    return this.waiting !== undefined || this.now() - this.start >= TURN;
  }

  /**
   * To be called between two steps of work: gives the event loop its turn when it had none for 10 ms.
   *
   * @throws {StorageError} `ABORTED` when the signal fires until then
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
   * Hands on what comes of work that is done step by step; `undefined` for a step without result, a promise for one that
   * has to be waited for.
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
   * Takes work that is done step by step to its end.
   *
   * @param details of the call that the work is for
   * @throws {StorageError} `ABORTED` when the signal fires between two steps; what the work throws
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
