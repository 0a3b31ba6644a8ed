import type { CallDetails } from "../../check.js";
import { streamResult } from "../../read-result.js";
import type { ReadResult } from "../../store.js";

/** A body that is not held in memory, though several readers wait for it: the first to ask gets it. */
export class OneReaderBody {
  #taken = false;

  /**
   * @param result whose body it is
   * @param begin what has been read of it
   * @param rest brings what has not
   * @param abort ends the request for it
   */
  constructor(
    private readonly result: ReadResult,
    private readonly begin: readonly Uint8Array[],
    private readonly rest: AsyncIterator<Uint8Array>,
    private readonly abort: (reason: unknown) => void,
  ) {}

  /** The body, for the reader with this signal; `undefined` when another one has it. */
  take(signal: AbortSignal | undefined, { store }: CallDetails): ReadResult | undefined {
    if (this.#taken) return undefined;
    this.#taken = true;
    const onAbort = (): void => this.abort(signal?.reason);
    signal?.addEventListener("abort", onAbort, { once: true });
    const release = async (): Promise<void> => {
      signal?.removeEventListener("abort", onAbort);
      await this.result.cancel();
    };
    return streamResult(this.result.info, this.#chunks(release), release, { store, signal });
  }

  /** Frees the body unless it was taken. */
  giveUp(): void {
    if (this.#taken) return;
    this.#taken = true;
    this.result.cancel().catch(() => undefined);
  }

  async *#chunks(release: () => Promise<void>): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      yield* this.begin;
      for (let next = await this.rest.next(); next.done !== true; next = await this.rest.next()) yield next.value;
    } finally {
      await release().catch(() => undefined); // the reader has all it wanted
    }
  }
}
