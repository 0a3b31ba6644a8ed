import { clock, isFunction } from "../../options/fields.js";
import { z } from "zod";
import type { StorageObserver } from "../../observe/event.js";
import { StorageError } from "../../errors/error.js";
import type { Store } from "../store.js";

/** Longest time that a timer takes, in milliseconds (24.8 days): Node lets a longer one ring at once. */
const MAX_MILLISECONDS = 2 ** 31 - 1;

export const milliseconds = z.number().min(0).max(MAX_MILLISECONDS);

export const wholeNumber = z.number().int().min(1);

export const clockOption = clock.optional();

export const observerOption = z.custom<StorageObserver>(isFunction, "must be a function").optional();

/** @throws {StorageError} `CONFIG_INVALID` for what is no store, rather than a `TypeError` of each call */
export function checkedStore(store: unknown, layer: string): Store {
  const given: { [Name in keyof Store]?: unknown } = store ?? {};
  const { name, capability, read, write } = given;
  const known = typeof name === "string" && typeof capability === "object" && capability !== null;
  if (known && typeof read === "function" && typeof write === "function") return store as Store;
  throw new StorageError("CONFIG_INVALID", `The store of ${layer} is no store.`, { operation: "configure" });
}
