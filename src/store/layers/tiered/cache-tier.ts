import type { CachedObject } from "./cached-object.js";

/** What keeps the copies. Its methods may throw; {@link GuardedCache} stands before it. */
export interface CacheTier {
  get(key: string): CachedObject | undefined;
  /** Puts a copy in the place of another one. It may be dropped at once or later, to make room. */
  set(key: string, object: CachedObject): void;
  delete(key: string): void;
  clear(): void;
  /** How many copies there are. */
  readonly objects: number;
  /** Bytes that they take. */
  readonly bytes: number;
}
