import { isStorageError } from "../../../errors/error.js";
import type { Clock } from "../../../async/clock.js";
import { lastUsed } from "../../last-used.js";

/** A write, copy or delete that is in flight. */
interface Change {
  /** Whether no other change of the same object was in flight at any time of this one. */
  alone: boolean;
}

// Milliseconds for which a failed request leaves an object in doubt. A request that was given up may still arrive.
// Meanwhile nothing is kept of what it may change.
const DOUBT = 60_000;

// Most objects in doubt that are remembered. With more, the oldest are trusted again.
const MAX_DOUBTS = 10_000;

/** Knows which objects may be changing, so that the cache keeps no copy that may already be old. */
export class Changes {
  readonly #underWay = new Map<string, Set<Change>>();
  // The time until which each object is in doubt, in milliseconds of the clock.
  readonly #doubts = lastUsed<number>(MAX_DOUBTS);

  constructor(private readonly clock: Clock) {}

  begin(key: string): Change {
    const others = this.#underWay.get(key) ?? new Set<Change>();
    for (const other of others) other.alone = false;
    const change = { alone: others.size === 0 };
    this.#underWay.set(key, others.add(change));
    return change;
  }

  /**
   * Notes that a change has ended.
   *
   * @param error why the change failed, if it did. Unless the remote has refused the change, it may still happen.
   */
  end(key: string, change: Change, error?: unknown): void {
    const underWay = this.#underWay.get(key);
    underWay?.delete(change);
    if (underWay?.size === 0) this.#underWay.delete(key);
    if (error !== undefined && !isRefusal(error)) this.#doubts.set(key, this.clock.now() + DOUBT);
  }

  /** Whether no change that this store knows of can still replace what the remote holds now. */
  settled(key: string): boolean {
    const doubtedUntil = this.#doubts.get(key);
    return !this.#underWay.has(key) && (doubtedUntil === undefined || doubtedUntil <= this.clock.now());
  }
}

function isRefusal(error: unknown): boolean {
  return isStorageError(error) && !["UNAVAILABLE", "TIMEOUT", "ABORTED", "UNEXPECTED"].includes(error.code);
}
