import { comparePaths } from "../../../paths/path.js";
import { checkListed } from "../../listed-object.js";
import { sortedListing } from "../../sorted-listing.js";
import { openListing } from "../../open-listing.js";
import type { ListOptions, ObjectInfo, ObjectListing, Store } from "../../store.js";

/** An object of the one store, and whether the other one lists its path too. */
export interface ComparedObject {
  readonly object: ObjectInfo;
  readonly isThere: boolean;
}

/**
 * Walks two sorted listings side by side. It holds one page of each in memory.
 *
 * @throws {StorageError} what a listing rejects with; `UNEXPECTED` for a listing that is not sorted, or that lists
 *   paths outside the prefix
 */
export async function* comparedObjects(
  from: Store,
  to: Store,
  prefix: string,
  options: ListOptions,
): AsyncGenerator<ComparedObject, void, undefined> {
  const others = listed(to, prefix, options);
  try {
    let other = await others.next();
    for await (const object of listed(from, prefix, options)) {
      while (other.done !== true && comparePaths(other.value.path, object.path) < 0) other = await others.next();
      yield { object, isThere: other.done !== true && other.value.path === object.path };
    }
  } finally {
    await others.return();
  }
}

function listed(store: Store, prefix: string, options: ListOptions): ObjectListing {
  return sortedListing(checkedListing(store, prefix, options), options.startAfter, store, prefix);
}

async function* checkedListing(store: Store, prefix: string, options: ListOptions): ObjectListing {
  const checked = checkListed(prefix, store.name);
  for await (const object of openListing(store, prefix, options)) yield checked(object);
}
