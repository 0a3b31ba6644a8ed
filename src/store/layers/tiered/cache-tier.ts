import type { CachedObject } from "./cached-object.js";

/** A place that keeps the copies. Its methods may throw. {@link GuardedCache} catches the errors. */
export interface CacheTier {
  get(key: string): CachedObject | undefined;
  /** Replaces the copy of a key. The tier may drop the copy at once or later, to make room. */
  set(key: string, object: CachedObject): void;
  delete(key: string): void;
  clear(): void;
  /** Number of copies. */
  readonly objects: number;
  /** Bytes that the copies take. */
  readonly bytes: number;
}
