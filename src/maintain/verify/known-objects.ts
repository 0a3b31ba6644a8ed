import { LRUCache } from "lru-cache";
import { isNotFound, isStorageError } from "../../errors/error.js";
import { abortable } from "../../async/abort.js";
import type { Semaphore } from "../../store/layers/semaphore.js";
import type { Store } from "../../store/store.js";
import { giveUp } from "../../async/give-up.js";

// Of 200 bytes each, more or less.
const KEPT = 10_000;

/** How large an object is that is there; `undefined`: it is not. */
export type KnownSize = { readonly size: number } | undefined;

/** Which objects are there: asked for once, as long as it is remembered. */
export class KnownObjects {
  private readonly known = new LRUCache<string, { readonly object: KnownSize }>({ max: KEPT });

  constructor(
    private readonly store: Store,
    private readonly operations: Semaphore,
  ) {}

  /** Takes note of an object that is there. */
  note(path: string, size: number): void {
    this.known.set(path, { object: { size } });
  }

  /** @throws what the store says */
  async find(path: string, signal: AbortSignal): Promise<KnownSize> {
    const known = this.known.get(path);
    if (known !== undefined) return known.object;
    const release = await this.operations.acquire(signal);
    try {
      const object = await abortable(this.ask(path, signal), signal);
      this.known.set(path, { object });
      return object;
    } finally {
      release();
    }
  }

  private async ask(path: string, signal: AbortSignal): Promise<KnownSize> {
    try {
      const info = await this.store.stat(path, { signal });
      return info === undefined ? undefined : { size: info.size };
    } catch (error) {
      if (!isStorageError(error, "UNSUPPORTED")) throw error;
      return this.open(path, signal);
    }
  }

  /** The same of a store that describes no object without opening it. */
  private async open(path: string, signal: AbortSignal): Promise<KnownSize> {
    try {
      const result = await this.store.read(path, { signal });
      giveUp(() => result.cancel());
      return { size: result.info.size };
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }
}
