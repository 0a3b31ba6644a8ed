import { StorageError } from "../errors/error.js";
import type { ListOptions, ObjectInfo, Store } from "./store.js";

/**
 * Lists a store that may be a user's own. If its `list` is an async function, the result is a promise and no listing.
 * Nobody would then handle a rejection, and Node ends the process for that.
 *
 * @throws {StorageError} `UNEXPECTED` for a result that is no async iterable; what `list` throws
 */
export function openListing(
  store: Pick<Store, "name" | "list">,
  prefix: string,
  options?: ListOptions,
): AsyncIterable<ObjectInfo> {
  const listing: unknown = store.list(prefix, options);
  if (isAsyncIterable(listing)) return listing;
  if (listing instanceof Promise) listing.catch(() => undefined);
  throw new StorageError(
    "UNEXPECTED",
    "The list of the store gave no async iterable. Write it as an async generator, async *list(prefix, options) { ... }: " +
      "an async function gives a promise.",
    { operation: "list", store: store.name, path: prefix },
  );
}

function isAsyncIterable(value: unknown): value is AsyncIterable<ObjectInfo> {
  return typeof (value as Partial<AsyncIterable<ObjectInfo>> | null | undefined)?.[Symbol.asyncIterator] === "function";
}
