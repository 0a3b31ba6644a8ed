import type { CacheTier } from "./cache-tier.js";
import type { CachedObject } from "./cached-object.js";

/**
 * A cache that never fails. If the tier fails, the cache has nothing and keeps nothing. It never serves a copy that
 * it was told to forget.
 */
export class GuardedCache {
  #tier: CacheTier | undefined;
  #closed = false;

  constructor(
    private readonly create: () => CacheTier,
    private readonly onFault: () => void,
  ) {
    this.#tier = this.#fresh();
  }

  /** Returns the copy that was kept for this path. */
  get(key: string, path: string): CachedObject | undefined {
    try {
      const object = this.#tier?.get(key);
      return object?.path === path ? object : undefined;
    } catch {
      this.onFault();
      return undefined;
    }
  }

  set(key: string, object: CachedObject): void {
    if (!this.#closed) this.#change((tier) => tier.set(key, object));
  }

  delete(key: string): void {
    this.#change((tier) => tier.delete(key));
  }

  /** Forgets everything, and keeps nothing any more. */
  close(): void {
    this.#closed = true;
    this.#change((tier) => tier.clear());
  }

  /** Returns the number of copies, and the bytes that they take. */
  usage(): { objects: number; bytes: number } {
    try {
      return { objects: this.#tier?.objects ?? 0, bytes: this.#tier?.bytes ?? 0 };
    } catch {
      this.onFault();
      return { objects: 0, bytes: 0 };
    }
  }

  // A tier that could not be changed may still hold a copy that it should have forgotten. It is not asked again.
  #change(change: (tier: CacheTier) => void): void {
    if (this.#tier === undefined) return;
    try {
      change(this.#tier);
    } catch {
      this.#tier = this.#fresh();
      this.onFault();
    }
  }

  #fresh(): CacheTier | undefined {
    try {
      return this.create();
    } catch {
      this.onFault();
      return undefined;
    }
  }
}
