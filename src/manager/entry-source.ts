import type { Recorder } from "../observe/recorder.js";
import { EntryCache } from "./entry-cache.js";
import type { ManagerSettings } from "./settings.js";
import { SharedReads } from "./shared-reads.js";

/** Where the hydrations of a manager get entries from, besides the store: what others are reading, and what was read. */
export class EntrySource {
  readonly shared: SharedReads;
  readonly cache: EntryCache | undefined;

  constructor(readCache: ManagerSettings["readCache"], recorder: Recorder) {
    this.shared = new SharedReads(recorder);
    this.cache = readCache === undefined ? undefined : new EntryCache(readCache);
  }

  /** Takes note that objects were written or deleted: what was read of them before is not what is there. */
  forget(isChanged: (path: string) => boolean): void {
    this.shared.outdate(isChanged);
    this.cache?.forget(isChanged);
  }

  /** Keeps nothing any more. */
  close(): void {
    this.cache?.close();
  }
}
