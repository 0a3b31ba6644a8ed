import { abortable } from "../async/abort.js";
import type { ManagerParts } from "../call/call.js";
import { withDeadline } from "../call/deadline.js";
import { asStorageError } from "../errors/as-storage-error.js";

/** Closes what a manager has: see `StorageManager.close`. */
export async function close({ settings: { store, tenant, timeout }, source }: ManagerParts): Promise<void> {
  if (tenant !== undefined) return;
  source.close();
  if (store === undefined) return;
  try {
    // A store that hangs must not keep a process from its end.
    await withDeadline("close", { timeout }, (signal) => abortable(Promise.resolve(store.close()), signal));
  } catch (error) {
    throw asStorageError(error, { operation: "close", store: store.name });
  }
}
