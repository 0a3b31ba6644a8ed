import type { EventDetails, Recorder } from "../observe/recorder.js";
import { abortable } from "../async/abort.js";
import type { CallOptions, Store } from "../store/store.js";
import { assertOwnPath } from "../configure/confine.js";
import { withDeadline } from "./deadline.js";
import { requireStore } from "./require-store.js";
import type { ManagerSettings } from "../configure/settings.js";
import { callFailure } from "../errors/as-storage-error.js";

/** Takes note of what a manager changes: what was read of it before is out of date. */
export interface ChangeNotes {
  /** An object was written or deleted, or may have been. */
  forgetObject(path: string): void;
  /** The objects of a scope were deleted, or may have been. */
  forgetScope(scope: string): void;
  /** Objects of a scope were written: what began to be read before may not have found them. */
  noteWritten(scope: string | undefined): void;
}

/** What every method of a manager works with. */
export interface ManagerParts {
  readonly settings: ManagerSettings;
  readonly recorder: Recorder;
  readonly source: ChangeNotes;
}

type Operation = "open" | "write" | "read" | "delete" | "adopt" | "release" | "done" | "presign" | "check";

/**
 * Runs a call that goes to the store: under the time limit and the caller's signal, recorded, with its errors typed.
 *
 * @param options checked
 */
export async function callStore<T>(
  { settings: { timeout }, recorder }: ManagerParts,
  operation: Operation,
  details: EventDetails,
  options: CallOptions,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  return recorder.record(operation, details, () =>
    withDeadline(operation, { timeout, signal: options.signal }, async (signal) => {
      try {
        return await abortable(run(signal), signal);
      } catch (error) {
        throw callFailure(error, signal, { operation, store: details.store });
      }
    }),
  );
}

/** The store, for a path that the manager may touch. */
export function storeFor(path: string, settings: ManagerSettings, operation: string): Store {
  const store = requireStore(settings, operation);
  assertOwnPath(path, settings, operation, store.name);
  return store;
}
