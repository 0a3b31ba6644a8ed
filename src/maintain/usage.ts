import * as z from "zod/mini";
import { assertRouted } from "../access/admit.js";
import { requireStore } from "../call/call.js";
import { assertReadablePrefix } from "../configure/confine.js";
import { prefix as prefixField, signal } from "../configure/fields.js";
import type { ManagerSettings } from "../configure/settings.js";
import { readerOf, roleOf } from "../object/reserved-names.js";
import { checkOptions, readOptions } from "../options/parse-options.js";
import { withoutTrailingSlashes } from "../paths/path.js";
import { parseAllowPrefix } from "../reference/allow.js";
import { parseLocation } from "../reference/location.js";
import type { CallOptions, ObjectInfo } from "../store/store.js";
import { sortedListing } from "../store/sorted-listing.js";
import { listObjects } from "./list-objects.js";

/** What one scope stores. */
export interface ScopeUsage {
  /** The scope, as `release` takes it together with `prefix`. */
  scope: string;
  /** The prefix that the scope lies below: `outputPrefix` or `inputPrefix`, or the prefix of the call. */
  prefix: string;
  /**
   * Objects of the scope itself. Objects of scopes below it, and objects that `done` and `release` keep there, do not
   * count.
   */
  objects: number;
  bytes: number;
  /** When the first and the last of the objects were written; an invalid date where the store does not say. */
  oldest: Date;
  newest: Date;
  /** When the last object expires; absent when an object has no label. */
  expires?: Date;
  /**
   * The readers that are done with the scope, 100 at most, by name; absent if there are none. The store does not know
   * other readers.
   */
  done?: string[];
}

// Nobody has more readers. The limit keeps anybody who writes markers from growing this list without end.
const MAX_READERS = 100;

/** A count that is still open, because more objects of the scope may follow. */
interface Count {
  readonly directory: string;
  objects: number;
  bytes: number;
  oldest: number;
  newest: number;
  expires: number | undefined;
  readonly done: string[];
}

const schema = z.strictObject({ prefix: z.optional(prefixField), signal: z.optional(signal) });

/** Adds up what scopes store. See `StorageManager.usage`. */
export async function* usage(
  settings: ManagerSettings,
  below: string | undefined,
  options: CallOptions,
): AsyncGenerator<ScopeUsage, void, undefined> {
  const { names, values } = readOptions(options, "usage");
  const asked = typeof below === "string" && below !== "" ? withoutTrailingSlashes(below) : below;
  const own = { names: [...names, "prefix"], values: [...values, asked === "" ? undefined : asked] };
  const { prefix, signal: ownSignal } = checkOptions(schema, own, "usage");
  const store = requireStore(settings, "usage");
  if (prefix !== undefined) assertReadablePrefix(prefix, settings, "usage");
  const prefixes = prefix === undefined ? [settings.outputPrefix, settings.inputPrefix] : [prefix];
  for (const one of new Set(prefixes)) {
    assertRouted(one, store, "usage");
    const start = parseAllowPrefix(one).path.length + 1;
    const objects = listObjects(`${one}/`, { signal: ownSignal }, settings);
    for await (const count of countScopes(sortedListing(objects, undefined, store, `${one}/`))) {
      if (count.objects > 0 && count.directory.length >= start) yield usageOf(count, one, count.directory.slice(start));
    }
  }
}

/** Counts any objects, in the order of a listing. Each scope is the whole path of its directory. */
export async function* usageIn(objects: AsyncIterable<ObjectInfo>): AsyncGenerator<ScopeUsage, void, undefined> {
  for await (const count of countScopes(objects)) if (count.objects > 0) yield usageOf(count, "", count.directory);
}

/**
 * Counts objects by directory. All objects of a directory, and of its subdirectories, follow each other in the
 * listing. So only the open counts are held in memory.
 */
async function* countScopes(objects: AsyncIterable<ObjectInfo>): AsyncGenerator<Count, void, undefined> {
  const open: Count[] = [];
  for await (const object of objects) {
    const { role, directory, expires } = roleOf(parseLocation(object.path).path);
    if (role === "tombstone" || role === "own") continue;
    while (open.length > 0 && !`${directory}/`.startsWith(`${open.at(-1)!.directory}/`)) yield open.pop()!;
    if (open.at(-1)?.directory !== directory) open.push(newCount(directory));
    const count = open.at(-1)!;
    if (role !== "marker") add(count, object, expires);
    else if (count.done.length < MAX_READERS) count.done.push(readerOf(object.path));
  }
  while (open.length > 0) yield open.pop()!;
}

function newCount(directory: string): Count {
  return { directory, objects: 0, bytes: 0, oldest: Infinity, newest: -Infinity, expires: -Infinity, done: [] };
}

function add(count: Count, { size, lastModified }: ObjectInfo, expires: number | undefined): void {
  const written = lastModified?.getTime() ?? NaN;
  count.objects++;
  count.bytes += size;
  count.oldest = Math.min(count.oldest, written);
  count.newest = Math.max(count.newest, written);
  count.expires = expires === undefined || count.expires === undefined ? undefined : Math.max(count.expires, expires);
}

function usageOf({ objects, bytes, oldest, newest, expires, done }: Count, prefix: string, scope: string): ScopeUsage {
  return {
    ...{ scope, prefix, objects, bytes, oldest: new Date(oldest), newest: new Date(newest) },
    ...(expires !== undefined && { expires: new Date(expires) }),
    ...(done.length > 0 && { done }),
  };
}
