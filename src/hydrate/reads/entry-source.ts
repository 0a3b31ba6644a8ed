import type { ChangeNotes } from "../../call/call.js";
import { locationProblem } from "../../paths/location.js";
import type { Recorder } from "../../observe/recorder.js";
import { parseLocation } from "../../reference/location.js";
import { EntryCache } from "./entry-cache.js";
import type { ManagerSettings } from "../../configure/settings.js";
import { SharedReads } from "./shared-reads.js";

/** The sources of entries besides the store: the reads in flight of other calls, and the cache. */
export class EntrySource implements ChangeNotes {
  readonly shared: SharedReads;
  readonly cache: EntryCache | undefined;

  constructor(readCache: ManagerSettings["readCache"], recorder: Recorder) {
    this.shared = new SharedReads(recorder);
    this.cache = readCache === undefined ? undefined : new EntryCache(readCache);
  }

  forgetObject(path: string): void {
    if (locationProblem(path) !== undefined) return; // an invalid path changes nothing
    const own = parseLocation(path).path;
    this.forget((other) => other === own);
  }

  forgetScope(scope: string): void {
    this.forget((path) => path.includes(`/${scope}/`));
  }

  noteWritten(scope: string | undefined): void {
    if (scope !== undefined) this.shared.outdate((path) => path.includes(`/${scope}/`));
  }

  /** Keeps nothing from now on. */
  close(): void {
    this.cache?.close();
  }

  private forget(isChanged: (path: string) => boolean): void {
    this.shared.outdate(isChanged);
    this.cache?.forget(isChanged);
  }
}
