import type { Observers } from "../../../observe/observer.js";
import { tell, type CompositionNews } from "../../../observe/tell.js";

type CacheEvent = "cache_hit" | "cache_miss" | "cache_stale" | "cache_eviction" | "cache_fault";

/** Tells an observer what the cache does, and counts it. */
export class CacheNews {
  readonly #counts: Record<CacheEvent, number> = {
    cache_hit: 0,
    cache_miss: 0,
    cache_stale: 0,
    cache_eviction: 0,
    cache_fault: 0,
  };

  constructor(
    private readonly observer: Observers | undefined,
    private readonly store: string,
  ) {}

  tell(event: CacheEvent, news: CompositionNews): void {
    this.#counts[event]++;
    tell(this.observer, event, this.store, news);
  }

  counts(): Readonly<Record<CacheEvent, number>> {
    return { ...this.#counts };
  }
}
