import { lastUsed } from "../../last-used.js";
import type { Replica } from "../replicas/replica.js";

// An entry is a path and a few numbers.
const MAX_PATHS = 10_000;

/** A write that is in flight. */
export interface OpenWrite {
  readonly path: string;
  /** Number of the write. It is higher than that of all writes before it. */
  readonly number: number;
  /** Stores that have taken neither this write nor a later one. */
  readonly behind: Set<Replica>;
}

/**
 * Knows which stores have not, or not yet, taken an acknowledged write. Such a store holds an old version. Only
 * writes of this process count, and only the last 10,000 paths.
 */
export class MissedWrites {
  readonly #missed = lastUsed<Map<Replica, number>>(MAX_PATHS);
  readonly #open = new Map<string, Set<OpenWrite>>();
  #writes = 0;

  begin(path: string, replicas: readonly Replica[]): OpenWrite {
    const write = { path, number: ++this.#writes, behind: new Set(replicas) };
    const open = this.#open.get(path) ?? new Set();
    this.#open.set(path, open.add(write));
    return write;
  }

  /** Notes that a store has taken a write. The store is then up to date, unless it has missed a later write. */
  taken({ path, number, behind }: OpenWrite, replica: Replica): void {
    behind.delete(replica);
    for (const other of this.#open.get(path) ?? []) if (other.number < number) other.behind.delete(replica);
    const missed = this.#missed.peek(path);
    if (missed === undefined || (missed.get(replica) ?? 0) > number) return;
    missed.delete(replica);
    if (missed.size === 0) this.#missed.delete(path);
  }

  /** Notes that enough stores have taken a write. The other stores hold an old version from now on. */
  acknowledge({ path, number, behind }: OpenWrite): void {
    if (behind.size === 0) return;
    const missed = this.#missed.get(path) ?? new Map<Replica, number>();
    for (const replica of behind) missed.set(replica, Math.max(number, missed.get(replica) ?? 0));
    this.#missed.set(path, missed);
  }

  /** Notes that a write was acknowledged, or has failed. */
  end(write: OpenWrite): void {
    const open = this.#open.get(write.path);
    open?.delete(write);
    if (open?.size === 0) this.#open.delete(write.path);
  }

  has(path: string, replica: Replica): boolean {
    return this.#missed.peek(path)?.has(replica) ?? false;
  }
}
