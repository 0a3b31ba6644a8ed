import type { StorageEvent } from "../../../src/index.js";

/** What a collector tells of a pass. */
export function collected(event: Partial<StorageEvent> = {}): StorageEvent {
  return {
    operation: "collect",
    store: "memory",
    outcome: "success",
    bytes: 700,
    objects: 7,
    durationMs: 20,
    results: { deleted: 7, unexpired: 3, live: 2, young: 0, failed: 1 },
    ...event,
  };
}
