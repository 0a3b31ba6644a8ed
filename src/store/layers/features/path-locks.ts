import { abortable } from "../../../async/abort.js";
import type { CallDetails } from "../../check.js";
import type { Store } from "../../store.js";

/** Watches whether a call changes a path meanwhile. */
export interface PathWatch {
  /** Whether a call was changing the path when the watch began, or has come since. */
  readonly disturbed: boolean;
  end(): void;
}

/** Lets calls that change a path in this process run one after the other, and tells readers of the path about them. */
export class PathLocks {
  /** Settles when the last call in the queue of a path has left. */
  readonly #tails = new Map<string, Promise<void>>();
  readonly #watches = new Map<string, Set<{ disturbed: boolean }>>();

  /**
   * Waits for the turn of this call. A call that gives up waiting leaves the queue.
   *
   * @returns a function that leaves the queue; it may be called twice
   */
  async acquire(path: string, signal: AbortSignal | undefined, details: CallDetails): Promise<() => void> {
    const before = this.#tails.get(path) ?? Promise.resolve();
    let leave: () => void = () => undefined;
    const left = new Promise<void>((resolve) => (leave = resolve));
    const tail = before.then(() => left);
    this.#tails.set(path, tail);
    void tail.then(() => {
      if (this.#tails.get(path) === tail) this.#tails.delete(path);
    });
    for (const watch of this.#watches.get(path) ?? []) watch.disturbed = true;
    try {
      await abortable(before, signal, details);
      return leave;
    } catch (error) {
      leave();
      throw error;
    }
  }

  /** Resolves when all calls that are in the queue now have left. */
  async idle(path: string, signal: AbortSignal | undefined, details: CallDetails): Promise<void> {
    await abortable(this.#tails.get(path) ?? Promise.resolve(), signal, details);
  }

  watch(path: string): PathWatch {
    const watch = { disturbed: this.#tails.has(path) };
    const watches = this.#watches.get(path) ?? new Set();
    this.#watches.set(path, watches.add(watch));
    return {
      get disturbed() {
        return watch.disturbed;
      },
      end: () => {
        watches.delete(watch);
        if (watches.size === 0 && this.#watches.get(path) === watches) this.#watches.delete(path);
      },
    };
  }
}

const locks = new WeakMap<Store, PathLocks>();

/** Returns the locks of a store. All layers over the store share them. */
export function locksOf(store: Store): PathLocks {
  const known = locks.get(store) ?? new PathLocks();
  locks.set(store, known);
  return known;
}
