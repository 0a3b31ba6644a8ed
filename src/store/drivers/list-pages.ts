import { throwIfAborted } from "../../async/abort.js";
import { StorageError } from "../../errors/error.js";
import { pathProblem } from "../../paths/path.js";
import { isListed } from "../check.js";
import type { ListOptions, ObjectInfo, ObjectListing } from "../store.js";
import type { DriverCall } from "./driver-store.js";

/** A page of a listing. */
export interface ListedPage<Item> {
  /** What the service says of each object, sorted by path. The path is absent for a name that no path leads to. */
  readonly objects: Iterable<readonly [path: string | undefined, item: Item]>;
  readonly isLast: boolean;
  /** The token of the next page. */
  readonly next?: string | undefined;
}

/**
 * Lists objects page by page. Fetches each page when the one before is used up.
 *
 * @param fetch gets the number of objects that are still wanted, and the token of the page
 * @throws {StorageError} `UNEXPECTED` if the server names no next page or the same again, so that the listing would
 *   have no end
 */
export async function* listPages<Item>(
  prefix: string,
  { startAfter, limit = Infinity }: ListOptions,
  call: DriverCall,
  fetch: (wanted: number, token: string | undefined) => Promise<ListedPage<Item>>,
  describe: (path: string, item: Item) => ObjectInfo,
): ObjectListing {
  const { signal, details } = call;
  let left = limit;
  let token: string | undefined;
  while (left > 0) {
    const { objects, isLast, next } = await fetch(left, token);
    for (const [path, item] of objects) {
      // A container may hold foreign names that are not paths, such as the "folder/" that some consoles make.
      if (path === undefined || pathProblem(path) !== undefined || !isListed(path, prefix, startAfter)) continue;
      throwIfAborted(signal, details);
      yield describe(path, item);
      if (--left === 0) return;
    }
    if (isLast) return;
    if (next === undefined || next === token) {
      throw new StorageError("UNEXPECTED", "The server broke the listing off without saying how to go on.", details);
    }
    token = next;
  }
}
