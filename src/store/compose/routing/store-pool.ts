import { StorageError } from "../../../errors/error.js";
import type { Store } from "../../store.js";
import { guardedStore } from "../../guard/guarded-store.js";
import { isStore } from "../../is-store.js";

/**
 * The stores that were opened at first use, by key. Many that want the same one at once wait for one opening; one that
 * fails is forgotten, so that the next who asks tries again. No caller's signal reaches an opening: others may want it.
 */
export class StorePool {
  readonly #opening = new Map<string, Promise<Store>>();
  readonly #opened = new Set<Store>();
  #closed = false;

  /** @throws what `open` throws; `CONFIG_INVALID` when it gives no store; `UNAVAILABLE` after `close()` */
  async get(key: string, open: () => Store | Promise<Store>): Promise<Store> {
    if (this.#closed) throw closedError();
    let opening = this.#opening.get(key);
    if (opening === undefined) {
      // Not begun at once: what opens a store may ask for it, and must then find this promise.
      opening = Promise.resolve().then(() => this.#open(key, open));
      this.#opening.set(key, opening);
    }
    return opening;
  }

  /** Takes out what is open. What is still being opened is closed as soon as it is. */
  close(): readonly Store[] {
    this.#closed = true;
    const opened = [...this.#opened];
    this.#opened.clear();
    return opened;
  }

  async #open(key: string, open: () => Store | Promise<Store>): Promise<Store> {
    try {
      const opened: unknown = await open();
      if (!isStore(opened)) throw new StorageError("CONFIG_INVALID", "What a scheme's factory gave is not a Store.");
      const store = guardedStore(opened);
      if (this.#closed) {
        // Who waits for it hears of the closing, not of how that went.
        Promise.resolve()
          .then(() => store.close())
          .catch(() => undefined);
        throw closedError();
      }
      this.#opened.add(store);
      return store;
    } catch (error) {
      this.#opening.delete(key);
      throw error;
    }
  }
}

function closedError(): StorageError {
  return new StorageError("UNAVAILABLE", "The store was closed.", { retryable: false });
}
