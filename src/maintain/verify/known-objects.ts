import { isNotFound, isStorageError } from "../../errors/error.js";
import { abortable } from "../../async/abort.js";
import type { Semaphore } from "../../store/layers/semaphore.js";
import { lastUsed } from "../../store/last-used.js";
import type { Store } from "../../store/store.js";
import { giveUp } from "../../async/give-up.js";

// Number of objects that are remembered, about 200 bytes each.
const KEPT = 10_000;

/** The size of an object that exists; `undefined` if the object is missing. */
export type KnownSize = { readonly size: number } | undefined;

/** Remembers which objects exist. Asks the store once for each, as long as the answer is remembered. */
export class KnownObjects {
  private readonly known = lastUsed<{ readonly object: KnownSize }>(KEPT);

  constructor(
    private readonly store: Store,
    private readonly operations: Semaphore,
  ) {}

  /** Notes an object that exists. */
  note(path: string, size: number): void {
    this.known.set(path, { object: { size } });
  }

  /** @throws the error of the store */
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

  /** Does the same for a store that can describe an object only by opening it. */
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
