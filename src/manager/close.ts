import type { ManagerParts } from "./call.js";
import { asStorageError } from "./store-error.js";

/** Closes what a manager has: see `StorageManager.close`. */
export async function close({ settings: { store, tenant }, source }: ManagerParts): Promise<void> {
  if (tenant !== undefined) return;
  source.close();
  try {
    await store?.close();
  } catch (error) {
    throw asStorageError(error, { operation: "close", store: store?.name });
  }
}
