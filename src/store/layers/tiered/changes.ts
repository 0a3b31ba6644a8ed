import { LRUCache } from "lru-cache";
import { isStorageError } from "../../../errors/error.js";
import type { Clock } from "../../../async/clock.js";

/** A write, copy or delete that is under way. */
interface Change {
  /** Whether no other change of the same object was under way at any time of this one. */
  alone: boolean;
}

// A request that was given up may still arrive. For so long after it nothing is kept of what it may yet change, in ms.
const DOUBT = 60_000;

// Objects in doubt that are remembered; with more, the oldest are trusted again.
const MAX_DOUBTS = 10_000;

/** Knows which objects may be changing, so that nothing is kept which may be old before it is kept. */
export class Changes {
  readonly #underWay = new Map<string, Set<Change>>();
  // Until when, in milliseconds of the clock.
  readonly #doubts = new LRUCache<string, number>({ max: MAX_DOUBTS });

  constructor(private readonly clock: Clock) {}

  begin(key: string): Change {
    const others = this.#underWay.get(key) ?? new Set<Change>();
    for (const other of others) other.alone = false;
    const change = { alone: others.size === 0 };
    this.#underWay.set(key, others.add(change));
    return change;
  }

  /** @param error why the change failed, if it did. Unless the remote has refused it, it may yet happen. */
  end(key: string, change: Change, error?: unknown): void {
    const underWay = this.#underWay.get(key);
    underWay?.delete(change);
    if (underWay?.size === 0) this.#underWay.delete(key);
    if (error !== undefined && !isRefusal(error)) this.#doubts.set(key, this.clock.now() + DOUBT);
  }

  /** Whether what the remote holds now will not change by what this store knows of. */
  settled(key: string): boolean {
    const doubtedUntil = this.#doubts.get(key);
    return !this.#underWay.has(key) && (doubtedUntil === undefined || doubtedUntil <= this.clock.now());
  }
}

function isRefusal(error: unknown): boolean {
  return isStorageError(error) && !["UNAVAILABLE", "TIMEOUT", "ABORTED", "UNEXPECTED"].includes(error.code);
}
