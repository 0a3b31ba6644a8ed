import { LRUCache } from "lru-cache";
import type { Replica } from "../replicas/replica.js";

// A path and a few numbers each.
const MAX_PATHS = 10_000;

/**
 * Knows which stores have not, or not yet, taken a write that was acknowledged: what they hold is out of date. Only of
 * writes of this process, and of the last 10,000 paths.
 */
export class MissedWrites {
  readonly #missed = new LRUCache<string, Map<Replica, number>>({ max: MAX_PATHS });
  #writes = 0;

  /** A number for a write, higher than that of all before it. */
  next(): number {
    return ++this.#writes;
  }

  /** A write was acknowledged, but not by these. */
  mark(path: string, write: number, replicas: readonly Replica[]): void {
    if (replicas.length === 0) return;
    const missed = this.#missed.get(path) ?? new Map<Replica, number>();
    for (const replica of replicas) missed.set(replica, Math.max(write, missed.get(replica) ?? 0));
    this.#missed.set(path, missed);
  }

  /** A store has taken a write, and so is up to date unless it has missed a later one. */
  taken(path: string, write: number, replica: Replica): void {
    const missed = this.#missed.peek(path);
    if (missed === undefined || (missed.get(replica) ?? 0) > write) return;
    missed.delete(replica);
    if (missed.size === 0) this.#missed.delete(path);
  }

  has(path: string, replica: Replica): boolean {
    return this.#missed.peek(path)?.has(replica) ?? false;
  }

  /** There is nothing left to be out of date. */
  forget(path: string): void {
    this.#missed.delete(path);
  }
}
