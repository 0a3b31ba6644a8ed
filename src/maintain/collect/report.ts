import type { StorageErrorCode } from "../../errors/error.js";
import type { CollectResult } from "../../observe/event.js";
import type { EventDetails } from "../../observe/recorder.js";
import type { CallOptions } from "../../store/store.js";

/** Why a pass kept objects: how many for each reason. */
export interface KeptObjects {
  /** Their label is not over, or not by the margin. */
  unexpired: number;
  /** A payload in `live` leads to them; markers of `done` whose scope is still there. */
  live: number;
  /** They are younger than `minAge`, or were changed while the pass ran; temporary objects that a call may still need. */
  young: number;
  /** They have no label, and no `live` was given. */
  unlabelled: number;
  /** They have not the name of an object of this library: users' own. */
  unknown: number;
  /** The store does not allow to delete them: an object lock, a legal hold, or a right that is missing. See `problems`. */
  locked: number;
}

/** How far a pass has come. */
export interface CollectProgress {
  /** Objects that were looked at. */
  scanned: number;
  /** Objects that were deleted; of a dry run, that would be. */
  deleted: number;
  /** Bytes of those. */
  deletedBytes: number;
  /** Objects that could not be deleted: see `problems`. The next pass tries again. */
  failed: number;
  kept: KeptObjects;
  /** All objects up to this path are done. */
  lastPath?: string;
}

/** What a pass has done. */
export interface CollectReport extends CollectProgress {
  dryRun: boolean;
  /** Whether nothing was done, since another pass ran within `gcInterval`. */
  skipped: boolean;
  /** Whether the pass came to the end: if not, the next one goes on where it ended. */
  complete: boolean;
  /** The first 1,000 objects that could not be deleted, or followed from a payload in `live`, and why. */
  problems: { path: string; code: StorageErrorCode }[];
}

/** What became of one object in a pass. */
export interface CollectedObject {
  path: string;
  /** Bytes. */
  size: number;
  /** `deleted`; of a dry run, what would be. Else why it was kept, see {@link KeptObjects}; `failed`: see `problems`. */
  outcome: "deleted" | "failed" | keyof KeptObjects;
}

/** Options of a pass. Those of the manager's `retention` of the same name are overridden for this call. */
export interface CollectOptions extends CallOptions {
  /** Looks only below this prefix, in place of `outputPrefix` and `inputPrefix`. It has an interval and a place to go on of its own. */
  prefix?: string | undefined;
  /** Reports what would be deleted, and writes nothing at all; default false. It has no interval. */
  dryRun?: boolean | undefined;
  /**
   * Runs from the beginning to the end at once, whatever the interval, and without `maxScan` and `maxDelete` unless the call
   * gives them; default false.
   */
  all?: boolean | undefined;
  /**
   * All dehydrated payloads that are still in use: what has no label, and none of them leads to at any depth, is deleted
   * once it is older than `minAge`. What can't be followed keeps its scope alive; what could not be read,
   * by a failure or for want of a key, keeps all. More than half of the objects deleted so
   * is `LIMIT_EXCEEDED`, and nothing is.
   *
   * Between the look at the payloads and the delete, a writer may use an object again that is old: give what is written to
   * scopes of your own a `ttl` instead, or a fresh scope for each call, as is the default.
   */
  live?: Iterable<unknown> | AsyncIterable<unknown> | undefined;
  /** Takes a `live` without a payload, and one that condemns more than half; default false. */
  allowEmpty?: boolean | undefined;
  /** Milliseconds for which what nobody needs is kept, counted from the store's `lastModified`. */
  minAge?: number | undefined;
  maxScan?: number | undefined;
  maxDelete?: number | undefined;
  /** Is told after every page of objects. What it throws is ignored. */
  onProgress?: ((progress: CollectProgress) => void) | undefined;
  /**
   * Is told of every object that was looked at, in no order. What it throws is ignored. A pass waits after each 1,000 objects for
   * the last promise that it gave.
   */
  onObject?: ((object: CollectedObject) => void | Promise<void>) | undefined;
}

/** A report of nothing yet. */
export function emptyReport(dryRun: boolean): CollectReport {
  const kept = { unexpired: 0, live: 0, young: 0, unlabelled: 0, unknown: 0, locked: 0 };
  const counts = { scanned: 0, deleted: 0, deletedBytes: 0, failed: 0 };
  return { dryRun, skipped: false, complete: false, ...counts, kept, problems: [] };
}

const MAX_PROBLEMS = 1000;

export function addProblem({ problems }: CollectReport, path: string, code: StorageErrorCode): void {
  if (problems.length < MAX_PROBLEMS) problems.push({ path, code });
}

/** What observers are told of a pass. */
export function eventDetails({ dryRun, skipped, deleted, deletedBytes, failed, kept }: CollectReport): EventDetails {
  const results: Record<CollectResult, number> = { deleted, failed, ...kept };
  return { objects: deleted, bytes: deletedBytes, results, ...(dryRun && { dryRun }), ...(skipped && { skipped }) };
}
