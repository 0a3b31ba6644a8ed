import { isWholeBody } from "../../body.js";
import type { Chunks, StoreBody } from "../../store.js";
import type { PathLocks } from "./path-locks.js";
import type { SidecarCall } from "./sidecars.js";

/**
 * The part of a write in which the object appears. It begins when the body has been read to its end, since a source
 * may itself write to the path, and may take its time. From then to the end of the write, no other call of this
 * process changes the path.
 */
export class Commit {
  #leave: (() => void) | undefined;
  #failure: { error: unknown } | undefined;

  /** @param assertAllowed rejects when the object must not appear */
  constructor(
    private readonly locks: PathLocks,
    private readonly path: string,
    private readonly call: SidecarCall,
    private readonly assertAllowed: () => Promise<void>,
  ) {}

  /** Runs a write, and what follows it, so that it is alone from its commit to its end. */
  async run<T>(body: StoreBody, write: (body: StoreBody) => Promise<T>, then: (result: T) => Promise<T>): Promise<T> {
    try {
      if (isWholeBody(body)) await this.#begin();
      const result = await write(isWholeBody(body) ? body : this.#gated(body));
      // The store never asked for the end of the body.
      if (this.#leave === undefined) await this.#enter();
      return await then(result);
    } catch (error) {
      // The store below has turned this error into an error of its source.
      throw this.#failure === undefined ? error : this.#failure.error;
    } finally {
      this.#leave?.();
    }
  }

  async *#gated(body: AsyncIterable<Uint8Array>): Chunks {
    yield* body;
    try {
      await this.#begin();
    } catch (error) {
      this.#failure = { error };
      throw error;
    }
  }

  async #begin(): Promise<void> {
    await this.#enter();
    await this.assertAllowed();
  }

  async #enter(): Promise<void> {
    this.#leave = await this.locks.acquire(this.path, this.call.signal, this.call.details);
  }
}
