import { StorageError } from "../errors/error.js";
import { schemeOf, splitLocation, type Location } from "../paths/location.js";
import { pathProblem } from "../paths/path.js";
import type { ObjectInfo } from "./store.js";

const disbelieved = new WeakSet<StorageError>();

/** Hands a listed object on, if it lies where the listing was asked for. */
export type CheckListed = (object: ObjectInfo) => ObjectInfo;

/**
 * Checks what a store lists below a prefix: who lists is often about to delete, and a store that lists what lies elsewhere
 * would have that deleted.
 *
 * @param prefix what the store was asked for, plain or absolute
 * @returns throws `UNEXPECTED`, not retryable, for a listed path that is not valid, or does not begin with the prefix. The
 *   path is not repeated: it may be another tenant's
 */
export function checkListed(prefix: string, store: string): CheckListed {
  if (schemeOf(prefix) !== undefined) return checkAbsolute(prefix, store);
  return (object) => {
    const path = pathOf(object, prefix, store);
    if (!path.startsWith(prefix) || pathProblem(path) !== undefined) throw liesElsewhere(prefix, store);
    return object;
  };
}

/** One text of an absolute path is as good as another: what they stand for is compared. */
function checkAbsolute(prefix: string, store: string): CheckListed {
  const asked = splitLocation(
    prefix,
    () => undefined,
    () => liesElsewhere(prefix, store),
  );
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

/** A store of the user's own may list anything. */
function pathOf(object: ObjectInfo | undefined, prefix: string, store: string): string {
  const path: unknown = object?.path;
  if (typeof path !== "string") throw liesElsewhere(prefix, store);
  return path;
}

/** The error of a listing that is not believed. */
export function liesElsewhere(prefix: string, store: string): StorageError {
  const message =
    "The store listed an object that does not lie below the prefix it was asked for. The listing is not believed, and " +
    "nothing more is done with it: mend the store, or the layer that renames its paths.";
  const error = new StorageError("UNEXPECTED", message, { operation: "list", store, path: prefix });
  disbelieved.add(error);
  return error;
}

/** Whether it is the error of a listing that is not believed. */
export function isDisbelieved(error: unknown): boolean {
  return disbelieved.has(error as StorageError);
}
