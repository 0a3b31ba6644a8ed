import { abortable } from "../async/abort.js";
import type { ListOptions, ObjectInfo } from "../store/store.js";
import { forEachConcurrent } from "../async/concurrency.js";
import { WalkFrontier } from "../async/walk-frontier.js";
import { withDeadline } from "../call/deadline.js";
import { listObjects } from "./list-objects.js";
import type { ManagerSettings } from "../configure/settings.js";

/** How far a walk over the objects of a prefix has come. */
export interface SweepProgress {
  /** Objects that are done. */
  objects: number;
  /** Bytes of these objects. */
  bytes: number;
  /** All objects up to this path are done. Pass it as `startAfter` to go on from here. */
  lastPath?: string;
}

/** Which objects a walk visits. */
export type SweepOptions = Pick<ListOptions, "startAfter" | "signal">;

/**
 * Visits every object whose path begins with a prefix, several at a time. Only these objects are held in memory. Each
 * object has the time limit of a call, because there may be any number of objects.
 *
 * @param onProgress is called after every object; the wait for it does not count against the time limit
 * @param onFailure is called for a visit that failed or took too long, and the walk goes on; default: the walk fails
 * @throws the errors of `visit` and of the store
 */
export async function sweep(
  prefix: string,
  options: SweepOptions,
  settings: ManagerSettings,
  operation: "verify" | "reencrypt",
  visit: (object: ObjectInfo, signal: AbortSignal) => Promise<void>,
  onProgress: (progress: Readonly<SweepProgress>) => void | Promise<void>,
  onFailure?: (object: ObjectInfo, error: unknown) => void,
): Promise<SweepProgress> {
  const progress: SweepProgress = { objects: 0, bytes: 0 };
  const frontier = new WalkFrontier();
  const signal = options.signal ?? new AbortController().signal;
  const objects = listObjects(prefix, options, settings);
  await forEachConcurrent(objects, settings.concurrency, signal, async (object, groupSignal) => {
    const walked = frontier.begin(object.path);
    await withDeadline(operation, { timeout: settings.timeout, signal: groupSignal }, (callSignal) =>
      abortable(visit(object, callSignal), callSignal),
    ).catch((error: unknown) => {
      if (onFailure === undefined || groupSignal.aborted) throw error;
      onFailure(object, error);
    });
    walked.end();
    progress.objects++;
    progress.bytes += object.size;
    if (frontier.lastPath !== undefined) progress.lastPath = frontier.lastPath;
    await onProgress(progress);
  });
  return progress;
}
