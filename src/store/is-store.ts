import { StorageError } from "../errors/error.js";
import * as z from "zod/mini";
import { isObject } from "../json/is-object.js";
import { hasMethods } from "../options/fields.js";
import type { Store } from "./store.js";

const hasVerbs = hasMethods("write", "read", "stat", "delete", "list", "close");

/** Whether a value has what every store has: of whichever class, of whichever version of this library. */
export function isStore(value: unknown): value is Store {
  return hasVerbs(value) && isObject(value) && typeof value["name"] === "string" && isObject(value["capability"]);
}

/** An option that is a store. What one wrapper takes, all take. */
export const storeField = z.custom<Store>(isStore, "must be a Store");

/** @throws {StorageError} `CONFIG_INVALID` for what is no store, rather than a `TypeError` of each call */
export function checkedStore(store: unknown, owner: string): Store {
  if (isStore(store)) return store;
  throw new StorageError(
    "CONFIG_INVALID",
    `The store of ${owner} must be a Store: name, capability, write, read, stat, delete, list, close.`,
    { operation: "configure" },
  );
}
