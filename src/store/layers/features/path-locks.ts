import { abortable } from "../../../async/abort.js";
import type { CallDetails } from "../../check.js";
import type { Store } from "../../store.js";

/** Looks whether anybody changed a path meanwhile. */
export interface PathWatch {
  /** Whether somebody was at it when the watch began, or came since. */
  readonly disturbed: boolean;
  end(): void;
}

/** Lets those who change a path in this process go one after the other, and tells those who read it of them. */
export class PathLocks {
  /** Settles when the last one in the queue of a path has left. */
  readonly #tails = new Map<string, Promise<void>>();
  readonly #watches = new Map<string, Set<{ disturbed: boolean }>>();

  /**
   * Waits until it is one's turn. Whoever gives up waiting leaves the queue.
   *
   * @returns leaves; may be called twice
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

  /** Resolves when all who are in the queue now have left. */
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

/** The locks of a store: the same for all layers over it. */
export function locksOf(store: Store): PathLocks {
  const known = locks.get(store) ?? new PathLocks();
  locks.set(store, known);
  return known;
}
