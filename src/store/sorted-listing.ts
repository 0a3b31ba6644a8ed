import { StorageError } from "../errors/error.js";
import { splitLocation } from "../paths/location.js";
import { comparePaths } from "../paths/path.js";
import type { ObjectInfo, ObjectListing, Store } from "./store.js";

/**
 * Hands on a listing as long as it is sorted. An unsorted listing may have no end, or leave out objects that callers
 * rely on.
 *
 * @param startAfter the path behind which the listing begins
 * @throws {StorageError} `UNEXPECTED` for a listing that is not in the order of paths, or that gives a path twice
 */
export async function* sortedListing(
  objects: AsyncIterable<ObjectInfo>,
  startAfter: string | undefined,
  store: Pick<Store, "name">,
  prefix: string,
): ObjectListing {
  // The order is that of the paths themselves. Percent-encoded paths have another order.
  let last = startAfter === undefined ? undefined : splitLocation(startAfter).path;
  for await (const object of objects) {
    const { path } = splitLocation(object.path);
    if (last !== undefined && comparePaths(path, last) <= 0) throw notSorted(store, prefix);
    last = path;
    yield object;
  }
}

function notSorted(store: Pick<Store, "name">, path: string): StorageError {
  const message =
    "The store does not list in the UTF-8 byte order of paths, each once and behind startAfter: mend the store.";
  return new StorageError("UNEXPECTED", message, { operation: "list", store: store.name, path });
}
