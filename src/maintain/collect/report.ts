import type { StorageErrorCode } from "../../errors/error.js";
import type { CollectResult } from "../../observe/event.js";
import type { EventDetails } from "../../observe/recorder.js";
import type { CallOptions } from "../../store/store.js";

/** Number of objects that a pass kept, for each reason. */
export interface KeptObjects {
  /** Their label has not expired yet, or expired less than the margin ago. */
  unexpired: number;
  /** A payload in `live` leads to them, or they are markers of `done` whose scope is still there. */
  live: number;
  /**
   * They are younger than `minAge`, or were changed while the pass ran, or are temporary objects that a call may still
   * need.
   */
  young: number;
  /** They have no label, and no `live` was given. */
  unlabelled: number;
  /** Their name is not one that this library writes. They are objects of the user's own. */
  unknown: number;
  /** The store does not allow the delete: an object lock, a legal hold, or a missing right. See `problems`. */
  locked: number;
}

/** How far a pass has come. */
export interface CollectProgress {
  /** Objects that were looked at. */
  scanned: number;
  /** Objects that were deleted; in a dry run, objects that would be deleted. */
  deleted: number;
  /** Bytes of the deleted objects. */
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
  /** Whether nothing was done because another pass ran within `gcInterval`. */
  skipped: boolean;
  /** Whether the pass came to the end. If not, the next pass goes on where this one ended. */
  complete: boolean;
  /** The first 1,000 objects that could not be deleted, or could not be followed from a payload in `live`, and why. */
  problems: { path: string; code: StorageErrorCode }[];
}

/** The outcome for one object in a pass. */
export interface CollectedObject {
  path: string;
  /** Size in bytes. */
  size: number;
  /**
   * What happened to the object. In a dry run, `deleted` means that it would be deleted. `failed` is explained in
   * `problems`. All other values say why it was kept, see {@link KeptObjects}.
   */
  outcome: "deleted" | "failed" | keyof KeptObjects;
}

/** Options of a pass. They override the manager's `retention` options of the same name for this call. */
export interface CollectOptions extends CallOptions {
  /**
   * Looks only below this prefix, in place of `outputPrefix` and `inputPrefix`. The prefix has its own interval and
   * its own place to go on.
   */
  prefix?: string | undefined;
  /** Reports what would be deleted, and writes nothing at all; default false. A dry run ignores the interval. */
  dryRun?: boolean | undefined;
  /**
   * Runs from the beginning to the end at once, whatever the interval; default false. `maxScan` and `maxDelete` do not
   * apply unless the call gives them.
   */
  all?: boolean | undefined;
  /**
   * All dehydrated payloads that are still in use. An object without a label is deleted once it is older than
   * `minAge`, if none of these payloads leads to it at any depth. An entry that can't be followed keeps its scope
   * alive. An entry that could not be read, because of a failure or a missing key, keeps everything.
   * If more than half of the objects would be deleted in this way, the call fails with `LIMIT_EXCEEDED`, and nothing
   * is deleted.
   *
   * Between the look at the payloads and the delete, a writer may use an old object again. So give a `ttl` to objects
   * that you write to scopes of your own, or use a fresh scope for each call, which is the default.
   */
  live?: Iterable<unknown> | AsyncIterable<unknown> | undefined;
  /** Allows a `live` without a payload, and a pass that would delete more than half of the objects; default false. */
  allowEmpty?: boolean | undefined;
  /** Milliseconds for which unneeded objects are kept, counted from the store's `lastModified`. */
  minAge?: number | undefined;
  maxScan?: number | undefined;
  maxDelete?: number | undefined;
  /** Called after every page of objects. Errors that it throws are ignored. */
  onProgress?: ((progress: CollectProgress) => void) | undefined;
  /**
   * Called for every object that was looked at, in no order. Errors that it throws are ignored. After each 1,000
   * objects a pass waits for the last promise that it returned.
   */
  onObject?: ((object: CollectedObject) => void | Promise<void>) | undefined;
}

/** Returns a report in which all counts are 0. */
export function emptyReport(dryRun: boolean): CollectReport {
  const kept = { unexpired: 0, live: 0, young: 0, unlabelled: 0, unknown: 0, locked: 0 };
  const counts = { scanned: 0, deleted: 0, deletedBytes: 0, failed: 0 };
  return { dryRun, skipped: false, complete: false, ...counts, kept, problems: [] };
}

const MAX_PROBLEMS = 1000;

export function addProblem({ problems }: CollectReport, path: string, code: StorageErrorCode): void {
  if (problems.length < MAX_PROBLEMS) problems.push({ path, code });
}

/** Returns what observers are told of a pass. */
export function eventDetails({ dryRun, skipped, deleted, deletedBytes, failed, kept }: CollectReport): EventDetails {
  const results: Record<CollectResult, number> = { deleted, failed, ...kept };
  return { objects: deleted, bytes: deletedBytes, results, ...(dryRun && { dryRun }), ...(skipped && { skipped }) };
}
