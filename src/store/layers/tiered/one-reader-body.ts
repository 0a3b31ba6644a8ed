import type { CallDetails } from "../../check.js";
import { onAbort } from "../../../async/on-abort.js";
import { streamResult } from "../../read-result.js";
import type { ReadResult } from "../../store.js";

/** A body that is not held in memory, though several readers wait for it: the first to ask gets it. */
export class OneReaderBody {
  #taken = false;

  /**
   * @param result whose body it is
   * @param chunks brings it; not begun here, since a body that was begun is freed by whoever reads it
   * @param abort ends the request for it
   */
  constructor(
    private readonly result: ReadResult,
    private readonly chunks: AsyncIterable<Uint8Array>,
    private readonly abort: (reason: unknown) => void,
  ) {}

  /** The body, for the reader with this signal; `undefined` when another one has it. */
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

  async *#released(release: () => Promise<void>): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      yield* this.chunks;
    } finally {
      await release().catch(() => undefined); // the reader has all it wanted
    }
  }
}
