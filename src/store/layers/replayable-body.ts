import { isWholeBody } from "../body.js";
import { StorageError } from "../../errors/error.js";
import type { StoreBody } from "../store.js";

/** A body that is handed to a store once for each attempt, as long as nothing was read of it. */
export class ReplayableBody {
  #spent = false;
  #attempt = 0;

  constructor(private readonly body: StoreBody) {}

  /** Whether a chunk of a stream was asked for. Such a stream can't be read from the beginning again. */
  get spent(): boolean {
    return this.#spent;
  }

  /**
   * Returns the body for one more attempt. The attempt before can no longer begin the stream. Otherwise a store that
   * was slow and not down would take chunks away from the new attempt.
   */
  next(): StoreBody {
    const { body } = this;
    if (isWholeBody(body)) return body;
    const attempt = ++this.#attempt;
    let iterator: AsyncIterator<Uint8Array> | undefined;
    return {
      [Symbol.asyncIterator]: () => ({
        next: async () => {
          if (attempt !== this.#attempt) throw new StorageError("ABORTED", "This attempt was given up.");
          this.#spent = true;
          iterator ??= body[Symbol.asyncIterator]();
          return iterator.next();
        },
        // An attempt that has asked for nothing leaves the stream to the next one.
        return: async () => (await iterator?.return?.()) ?? { done: true, value: undefined },
      }),
    };
  }
}
