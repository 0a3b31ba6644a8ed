import { abortable } from "../async/abort.js";
import type { ListOptions, ObjectInfo } from "../store/store.js";
import { forEachConcurrent } from "../async/concurrency.js";
import { withDeadline } from "../call/deadline.js";
import { listObjects } from "./list-objects.js";
import type { ManagerSettings } from "../configure/settings.js";

/** How far a walk over the objects of a prefix has come. */
export interface SweepProgress {
  /** Objects that are done. */
  objects: number;
  /** Bytes of them. */
  bytes: number;
  /** All objects up to this path are done: `startAfter` of a walk that goes on from here. */
  lastPath?: string;
}

/** Which objects a walk visits. */
export type SweepOptions = Pick<ListOptions, "startAfter" | "signal">;

/**
 * Visits every object whose path begins with a prefix, several at a time, in the memory of those. The time limit of a call
 * is that of each object, since there may be any number of them.
 *
 * @param onProgress is told after every object
 * @param onFailure is told of a visit that failed, or took too long, and the walk goes on; default: it fails
 * @throws what `visit` and the store throw
 */
export async function sweep(
  prefix: string,
  options: SweepOptions,
  settings: ManagerSettings,
  operation: "verify" | "reencrypt",
  visit: (object: ObjectInfo, signal: AbortSignal) => Promise<void>,
  onProgress: (progress: Readonly<SweepProgress>) => void,
  onFailure?: (object: ObjectInfo, error: unknown) => void,
): Promise<SweepProgress> {
  const progress: SweepProgress = { objects: 0, bytes: 0 };
  const order = new VisitOrder();
  const signal = options.signal ?? new AbortController().signal;
  const objects = listObjects(prefix, options, settings);
  await forEachConcurrent(objects, settings.concurrency, signal, async (object, groupSignal) => {
    const visited = order.begin(object.path);
    await withDeadline(operation, { timeout: settings.timeout, signal: groupSignal }, (callSignal) =>
      abortable(visit(object, callSignal), callSignal),
    ).catch((error: unknown) => {
      if (onFailure === undefined || groupSignal.aborted) throw error;
      onFailure(object, error);
    });
    visited();
    progress.objects++;
    progress.bytes += object.size;
    if (order.lastPath !== undefined) progress.lastPath = order.lastPath;
    onProgress(progress);
  });
  return progress;
}

/** Visits begin in the order of paths and end in any: up to where have all ended? */
class VisitOrder {
  lastPath: string | undefined;
  private readonly visits: { readonly path: string; isOver: boolean }[] = [];

  begin(path: string): () => void {
    const visit = { path, isOver: false };
    this.visits.push(visit);
    return () => {
      visit.isOver = true;
      while (this.visits[0]?.isOver === true) this.lastPath = this.visits.shift()!.path;
    };
  }
}
