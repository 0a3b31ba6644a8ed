import { TOMBSTONES, roleOf } from "../object/reserved-names.js";
import { StorageError } from "../errors/error.js";
import { formatLocation, type Location } from "../paths/location.js";
import { openListing } from "../store/open-listing.js";
import type { Store } from "../store/store.js";

// The number of nested scopes that are checked, from the object's own scope outwards.
const MAX_SCOPES = 8;

/**
 * Returns the error for a missing object. It is `RELEASED` when the object's scope, or a scope around it, was
 * released and its tombstone still exists. Otherwise it is `notFound`.
 *
 * @param now milliseconds since 1970
 */
export async function absenceOf(
  location: Location,
  notFound: StorageError,
  store: Store,
  now: number,
  signal: AbortSignal,
): Promise<StorageError> {
  if (!store.capability.list) return notFound;
  const segments = roleOf(location.path).directory.split("/");
  try {
    // A prefix has at least one segment, which is no scope.
    for (let depth = segments.length; depth > Math.max(1, segments.length - MAX_SCOPES); depth--) {
      const path = `${segments.slice(0, depth).join("/")}/${TOMBSTONES}`;
      for await (const object of openListing(store, formatLocation({ ...location, path }), { signal })) {
        if ((roleOf(object.path).expires ?? 0) > now) return released(location, notFound, store.name);
      }
    }
  } catch {
    // The missing object matters more than the failure to find out why.
  }
  return notFound;
}

function released(location: Location, cause: StorageError, store: string): StorageError {
  const message =
    "The object is gone, since its scope was released: the payload was done with before. Release it later, or dehydrate it again.";
  return new StorageError("RELEASED", message, { operation: "hydrate", store, path: formatLocation(location), cause });
}
