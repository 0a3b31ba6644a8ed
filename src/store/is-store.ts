import { StorageError } from "../errors/error.js";
import * as z from "zod/mini";
import { hasMethods } from "../options/fields.js";
import { isCapable } from "./capability.js";
import type { Store } from "./store.js";

const hasVerbs = hasMethods("write", "read", "stat", "delete", "list", "close");

/** Whether a value has the members that every store has. Its class and its version of this library do not matter. */
export function isStore(value: unknown): value is Store {
  return hasVerbs(value) && isCapable(value);
}

/** An option that is a store. All wrappers take the same stores. */
export const storeField = z.custom<Store>(isStore, "must be a Store");

/**
 * Returns a value that is a store. A wrong value fails here, and not as a `TypeError` in each call.
 *
 * @throws {StorageError} `CONFIG_INVALID` for a value that is no store
 */
export function checkedStore(store: unknown, owner: string): Store {
  if (isStore(store)) return store;
  throw new StorageError(
    "CONFIG_INVALID",
    `The store of ${owner} must be a Store: name, capability, write, read, stat, delete, list, close.`,
    { operation: "configure" },
  );
}
