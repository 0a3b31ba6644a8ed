import { StorageError } from "../../../errors/error.js";
import type { Store } from "../../store.js";
import { guardedStore } from "../../guard/guarded-store.js";
import { isStore } from "../../is-store.js";

/**
 * The stores that were opened at first use, by key. Several calls for the same store at the same time wait for one
 * opening. A failed opening is forgotten, so that the next call tries again. No caller's signal reaches an opening,
 * since other callers may wait for it.
 */
export class StorePool {
  readonly #opening = new Map<string, Promise<Store>>();
  readonly #opened = new Set<Store>();
  #closed = false;

  /**
   * Returns the store of a key, and opens it if it is not open.
   *
   * @throws what `open` throws; `CONFIG_INVALID` when it gives no store; `UNAVAILABLE` after `close()`
   */
  async get(key: string, open: () => Store | Promise<Store>): Promise<Store> {
    if (this.#closed) throw closedError();
    let opening = this.#opening.get(key);
    if (opening === undefined) {
      // The opening begins later, because code that opens a store may ask for the same store. It must then find this
      // promise.
      opening = Promise.resolve().then(() => this.#open(key, open));
      this.#opening.set(key, opening);
    }
    return opening;
  }

  /** Takes out the open stores. A store that is still being opened is closed as soon as it is open. */
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
        // Callers that wait for the store hear that the pool was closed. They do not hear how closing the store went.
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
