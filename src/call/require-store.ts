import { StorageError } from "../errors/error.js";
import type { Store } from "../store/store.js";

/** @throws {StorageError} `STORAGE_DISABLED` when the manager has no store */
export function requireStore({ store }: { store?: Store | undefined }, operation: string): Store {
  if (store !== undefined) return store;
  throw new StorageError(
    "STORAGE_DISABLED",
    "Storage is disabled, and this call needs a store. Configure the one that the payload was dehydrated into.",
    { operation },
  );
}
