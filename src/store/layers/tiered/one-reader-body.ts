import type { CallDetails } from "../../check.js";
import { onAbort } from "../../../async/on-abort.js";
import { streamResult } from "../../read-result.js";
import type { Chunks, ReadResult } from "../../store.js";

/** A body that is not held in memory, though several readers wait for it. The first reader that asks gets it. */
export class OneReaderBody {
  #taken = false;

  /**
   * @param result the result that the body belongs to
   * @param chunks the chunks of the body. They are not begun here, since the reader frees a body that was begun.
   * @param abort ends the request for the body
   */
  constructor(
    private readonly result: ReadResult,
    private readonly chunks: AsyncIterable<Uint8Array>,
    private readonly abort: (reason: unknown) => void,
  ) {}

  /** Returns the body, for the reader with this signal. Returns `undefined` when another reader has it. */
  take(signal: AbortSignal | undefined, { store }: CallDetails): ReadResult | undefined {
    if (this.#taken) return undefined;
    this.#taken = true;
    const stop = onAbort(signal, () => this.abort(signal?.reason));
    const release = async (): Promise<void> => {
      stop();
      await this.result.cancel();
    };
    return streamResult(this.result.info, this.#released(release), release, { store, signal });
  }

  /** Frees the body unless it was taken. */
  giveUp(): void {
    if (this.#taken) return;
    this.#taken = true;
    this.result.cancel().catch(() => undefined);
  }

  async *#released(release: () => Promise<void>): Chunks {
    try {
      yield* this.chunks;
    } finally {
      await release().catch(() => undefined); // the reader has all it wanted
    }
  }
}
