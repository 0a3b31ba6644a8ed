import { LRUCache } from "lru-cache";
import type { CacheTier } from "./cache-tier.js";
import type { CachedObject } from "./cached-object.js";

// Bytes that a copy takes in addition to its content and its texts. Measured on Node 20: 0.9 KiB with texts of 200
// characters.
const OVERHEAD = 1024;

// In a small cache, what a copy takes in addition counts as this part of all bytes at most. A small cache is meant for
// content, and its many small copies still take only a few megabytes.
const COPIES = 16_384;

/** Returns a tier that keeps the copies that were used last, within `maxBytes`. */
export function createLruCacheTier(maxBytes: number, onEviction: (bytes: number) => void): CacheTier {
  const mostBesides = maxBytes < OVERHEAD * COPIES ? Math.floor(maxBytes / COPIES) : Infinity;
  const cache = new LRUCache<string, CachedObject>({
    maxSize: maxBytes,
    sizeCalculation: (object) => Math.max(1, object.bytes.byteLength + Math.min(besides(object), mostBesides)),
    dispose: (object, _key, reason) => {
      if (reason === "evict") onEviction(object.bytes.byteLength);
    },
  });
  return {
    get: (key) => cache.get(key),
    set: (key, object) => void cache.set(key, object),
    delete: (key) => void cache.delete(key),
    clear: () => cache.clear(),
    get objects() {
      return cache.size;
    },
    get bytes() {
      return cache.calculatedSize;
    },
  };
}

function besides({ path, info }: CachedObject): number {
  const metadata = Object.entries(info.metadata ?? {}).flat();
  const texts = [path, info.path, ...metadata];
  // Strings take up to two bytes a character.
  return OVERHEAD + 2 * texts.reduce((length, text) => length + text.length, 0);
}
