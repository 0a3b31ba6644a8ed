import { locationProblem } from "../../paths/location.js";
import type { Recorder } from "../../observe/recorder.js";
import { parseLocation } from "../../reference/location.js";
import { EntryCache } from "./entry-cache.js";
import type { ManagerSettings } from "../../configure/settings.js";
import { SharedReads } from "./shared-reads.js";

/** Where the hydrations of a manager get entries from, besides the store: what others are reading, and what was read. */
export class EntrySource {
  readonly shared: SharedReads;
  readonly cache: EntryCache | undefined;

  constructor(readCache: ManagerSettings["readCache"], recorder: Recorder) {
    this.shared = new SharedReads(recorder);
    this.cache = readCache === undefined ? undefined : new EntryCache(readCache);
  }

  /** Takes note that an object was written or deleted, or may have been: what was read of it before is not what is there. */
  forgetObject(path: string): void {
    if (locationProblem(path) !== undefined) return; // nothing has happened
    const own = parseLocation(path).path;
    this.forget((other) => other === own);
  }

  /** Takes note that the objects of a scope were deleted, or may have been. */
  forgetScope(scope: string): void {
    this.forget((path) => path.includes(`/${scope}/`));
  }

  /** Takes note that objects of a scope were written: what began to be read before may not have found them. */
  noteWritten(scope: string | undefined): void {
    if (scope !== undefined) this.shared.outdate((path) => path.includes(`/${scope}/`));
  }

  /** Keeps nothing any more. */
  close(): void {
    this.cache?.close();
  }

  private forget(isChanged: (path: string) => boolean): void {
    this.shared.outdate(isChanged);
    this.cache?.forget(isChanged);
  }
}
