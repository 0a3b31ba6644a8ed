import type { EventDetails, Recorder } from "../observe/recorder.js";
import { abortable } from "../async/abort.js";
import type { CallOptions, Store } from "../store/store.js";
import { assertOwnPath } from "../configure/confine.js";
import { withDeadline } from "./deadline.js";
import type { ManagerSettings } from "../configure/settings.js";
import { callFailure } from "../errors/as-storage-error.js";
import { StorageError } from "../errors/error.js";

/** Notes what a manager changes, because earlier reads of it are out of date. */
export interface ChangeNotes {
  /** Notes that an object was or may have been written or deleted. */
  forgetObject(path: string): void;
  /** Notes that the objects of a scope were or may have been deleted. */
  forgetScope(scope: string): void;
  /** Notes that objects of a scope were written. Reads that began before may not have found them. */
  noteWritten(scope: string | undefined): void;
}

/** The parts that every method of a manager works with. */
export interface ManagerParts {
  readonly settings: ManagerSettings;
  readonly recorder: Recorder;
  readonly source: ChangeNotes;
}

type Operation = "open" | "write" | "read" | "delete" | "adopt" | "release" | "done" | "presign" | "check";

/**
 * Runs a call that uses the store. It applies the time limit and the caller's signal, records the call, and makes its
 * errors typed.
 *
 * @param options checked options
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
        throw callFailure(error, signal, { operation, store: details.store, path: details.path });
      }
    }),
  );
}

/** Returns the store, for a path that the manager may touch. */
export function storeFor(path: string, settings: ManagerSettings, operation: string): Store {
  const store = requireStore(settings, operation);
  assertOwnPath(path, settings, operation, store.name);
  return store;
}

/** Returns the store of a manager. @throws {StorageError} `STORAGE_DISABLED` when it has none */
export function requireStore({ store }: { store?: Store | undefined }, operation: string): Store {
  if (store !== undefined) return store;
  throw new StorageError(
    "STORAGE_DISABLED",
    "Storage is disabled, and this call needs a store. Configure the one that the payload was dehydrated into.",
    { operation },
  );
}
