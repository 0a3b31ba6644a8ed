import { LRUCache } from "lru-cache";

/**
 * Returns a map that keeps the entries that were used last. It takes memory for what it holds: with `max`, it would take
 * it for as many entries as it may hold, 200 KiB and a millisecond for 10,000.
 *
 * @param most how many entries are kept
 */
export function lastUsed<V extends object | number>(most: number): LRUCache<string, V> {
  return new LRUCache<string, V>({ maxSize: most, sizeCalculation: () => 1 });
}
