import { StorageError } from "../../../errors/error.js";
import { comparePaths } from "../../../paths/path.js";
import { checkListed } from "../../listed-object.js";
import { openListing } from "../../open-listing.js";
import type { ListOptions, ObjectInfo, Store } from "../../store.js";

/** An object of the one store, and whether the other one lists its path too. */
export interface ComparedObject {
  readonly object: ObjectInfo;
  readonly isThere: boolean;
}

/**
 * Goes through two sorted listings side by side, in the memory of a page of each.
 *
 * @throws {StorageError} what a listing rejects with; `UNEXPECTED` for one that is not sorted, or lists what lies elsewhere
 */
export async function* comparedObjects(
  from: Store,
  to: Store,
  prefix: string,
  options: ListOptions,
): AsyncGenerator<ComparedObject, void, undefined> {
  const others = sortedListing(to, prefix, options);
  try {
    let other = await others.next();
    for await (const object of sortedListing(from, prefix, options)) {
      while (other.done !== true && comparePaths(other.value.path, object.path) < 0) other = await others.next();
      yield { object, isThere: other.done !== true && other.value.path === object.path };
    }
  } finally {
    await others.return();
  }
}

async function* sortedListing(
  store: Store,
  prefix: string,
  options: ListOptions,
): AsyncGenerator<ObjectInfo, void, undefined> {
  const checked = checkListed(prefix, store.name);
  let last: string | undefined = options.startAfter;
  for await (const object of openListing(store, prefix, options)) {
    if (last !== undefined && comparePaths(checked(object).path, last) <= 0) throw notSorted(store, prefix);
    last = checked(object).path;
    yield object;
  }
}

function notSorted(store: Store, path: string): StorageError {
  const message =
    "The store does not list in the UTF-8 byte order of paths, each once and behind startAfter, so that its listing can't be " +
    "compared with another: mend the store.";
  return new StorageError("UNEXPECTED", message, { operation: "list", store: store.name, path });
}
