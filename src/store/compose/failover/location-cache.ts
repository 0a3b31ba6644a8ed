import type { LRUCache } from "lru-cache";
import type { Clock } from "../../../async/clock.js";
import { lastUsed } from "../../last-used.js";

interface Location {
  readonly name: string;
  readonly expires: number;
}

/** How many locations are remembered, and for how long. */
export interface LocationCacheSettings {
  readonly ttl: number;
  readonly jitter: number;
  readonly maxEntries: number;
  readonly clock: Clock;
  readonly random: () => number;
}

/** Remembers in which store an object was found last. */
export class LocationCache {
  readonly #locations: LRUCache<string, Location>;

  constructor(private readonly settings: LocationCacheSettings) {
    this.#locations = lastUsed(settings.maxEntries);
  }

  /** Returns the name of the store, unless the object was found there too long ago. */
  get(path: string): string | undefined {
    const location = this.#locations.get(path);
    if (location === undefined || location.expires > this.settings.clock.now()) return location?.name;
    this.#locations.delete(path);
    return undefined;
  }

  remember(path: string, name: string): void {
    const { clock, ttl, jitter, random } = this.settings;
    this.#locations.set(path, { name, expires: clock.now() + ttl * (1 - jitter * random()) });
  }

  /**
   * Forgets where an object was found last.
   *
   * @param name the only store whose location is forgotten; default: any store
   */
  forget(path: string, name?: string): void {
    if (name === undefined || this.#locations.peek(path)?.name === name) this.#locations.delete(path);
  }
}
