import { isStorageError } from "../store/error.js";
import type { ObservedOperation, StorageEvent, StorageObserver } from "./event.js";

/** What an operation adds to its event once it is known. */
export type EventDetails = {
  [Name in keyof Omit<StorageEvent, "operation" | "outcome" | "code" | "durationMs">]?: StorageEvent[Name] | undefined;
};

/** Tells observers of operations. Without an observer it costs nothing: no clock is read, no event is made. */
export class Recorder {
  constructor(
    private readonly observers: readonly StorageObserver[],
    private readonly now: () => number = performance.now.bind(performance),
  ) {}

  /** Runs an operation and tells how it ended. `details` may be filled in while it runs. */
  async record<T>(operation: ObservedOperation, details: EventDetails, run: () => Promise<T>): Promise<T> {
    if (this.observers.length === 0) return run();
    const start = this.now();
    const emit = (end: Pick<StorageEvent, "outcome" | "code">): void => {
      const known = Object.fromEntries(Object.entries(details).filter(([, value]) => value !== undefined));
      this.emit({ bytes: 0, ...known, operation, ...end, durationMs: this.now() - start });
    };
    try {
      const result = await run();
      emit({ outcome: "success" });
      return result;
    } catch (error) {
      emit({ outcome: "error", code: isStorageError(error) ? error.code : "UNEXPECTED" });
      throw error;
    }
  }

  private emit(event: StorageEvent): void {
    for (const observer of this.observers) {
      try {
        observer({ ...event });
      } catch {
        // Observation never changes what a call does.
      }
    }
  }
}
