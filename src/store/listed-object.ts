import { StorageError } from "../errors/error.js";
import { schemeOf, splitLocation, type Location } from "../paths/location.js";
import { pathProblem } from "../paths/path.js";
import type { ObjectInfo } from "./store.js";

const disbelieved = new WeakSet<StorageError>();

/** Returns a listed object, if it lies below the prefix of the listing. */
export type CheckListed = (object: ObjectInfo) => ObjectInfo;

/**
 * Returns a check of the objects that a store lists below a prefix. A caller that lists is often about to delete. If
 * a store lists objects elsewhere, the caller would delete them.
 *
 * @param prefix the prefix that the store was asked for, plain or absolute
 * @returns a check that throws `UNEXPECTED`, not retryable, for a listed path that is not valid, or does not begin
 *   with the prefix. The message does not repeat the path, since it may be another tenant's.
 */
export function checkListed(prefix: string, store: string): CheckListed {
  if (schemeOf(prefix) !== undefined) return checkAbsolute(prefix, store);
  return (object) => {
    const path = pathOf(object, prefix, store);
    if (!path.startsWith(prefix) || pathProblem(path) !== undefined) throw liesElsewhere(prefix, store);
    return object;
  };
}

/** Compares what absolute paths stand for, since one absolute path can be written in several ways. */
function checkAbsolute(prefix: string, store: string): CheckListed {
  const asked = splitLocation(prefix, undefined, () => liesElsewhere(prefix, store));
  return (object) => {
    const { target, path } = locationOf(pathOf(object, prefix, store), prefix, store);
    const isThere = target?.scheme === asked.target?.scheme && target?.container === asked.target?.container;
    if (!isThere || !path.startsWith(asked.path)) throw liesElsewhere(prefix, store);
    return object;
  };
}

function locationOf(text: string, prefix: string, store: string): Location {
  const invalid = (): StorageError => liesElsewhere(prefix, store);
  const assertGood = (path: string): void => {
    if (pathProblem(path) !== undefined) throw invalid();
  };
  return splitLocation(text, assertGood, invalid);
}

/** Returns the path of a listed object. A user's own store may list anything. */
function pathOf(object: ObjectInfo | undefined, prefix: string, store: string): string {
  const path: unknown = object?.path;
  if (typeof path !== "string") throw liesElsewhere(prefix, store);
  return path;
}

/** Returns the error of a listing that is not believed. */
export function liesElsewhere(prefix: string, store: string): StorageError {
  const message =
    "The store listed an object that does not lie below the prefix it was asked for. The listing is not believed, and " +
    "nothing more is done with it: mend the store, or the layer that renames its paths.";
  const error = new StorageError("UNEXPECTED", message, { operation: "list", store, path: prefix });
  disbelieved.add(error);
  return error;
}

/** Whether an error is that of a listing that is not believed. */
export function isDisbelieved(error: unknown): boolean {
  return disbelieved.has(error as StorageError);
}
