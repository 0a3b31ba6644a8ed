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

/** The work of a walk, object by object. */
export interface Sweep {
  readonly operation: "verify" | "reencrypt";
  readonly visit: (object: ObjectInfo, signal: AbortSignal) => Promise<void>;
  /** Is called for a visit that failed or took too long. The walk goes on. */
  readonly onFailure: (object: ObjectInfo, error: unknown) => void;
  /** Is called after every object. The wait for it does not count against the time limit. */
  readonly onProgress: (progress: Readonly<SweepProgress>) => void | Promise<void>;
}

/**
 * Visits every object whose path begins with a prefix, several at a time. Only these objects are held in memory. Each
 * object has the time limit of a call, because there may be any number of objects.
 *
 * @throws the errors of the store
 */
export async function sweep(
  prefix: string,
  options: SweepOptions,
  settings: ManagerSettings,
  { operation, visit, onFailure, onProgress }: Sweep,
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
      if (groupSignal.aborted) throw error;
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
