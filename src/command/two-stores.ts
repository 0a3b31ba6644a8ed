import { realpath } from "node:fs/promises";
import { basename, dirname, join, resolve, sep } from "node:path";
import type { StorageSettings } from "../configure/env.js";
import { overlapOf, overlapProblem, type Overlap } from "../store/place.js";
import type { Store } from "../store/store.js";
import { assertDirectory } from "./missing-directory.js";
import { usageFailure } from "./failure.js";
import { isStoreUrl } from "./store-url.js";
import type { VerbCall } from "./verb.js";

/** The two stores of a verb that copies or compares. */
export interface TwoStores {
  readonly from: Store;
  readonly to: Store;
}

/** Opens the stores of two URLs. With one URL, the first store is that of the command line. */
export async function twoStores(call: VerbCall): Promise<TwoStores> {
  const [one, other] = call.args as [string, string | undefined];
  for (const place of [one, other]) {
    if (place !== undefined && !isStoreUrl(place)) throw usageFailure("A store is a URL, such as file:///dir.");
  }
  const source = other === undefined ? undefined : one;
  const from = source === undefined ? await call.store() : await call.storeAt(source);
  const to = await call.storeAt(other ?? one);
  await assertDirectory(call, source);
  return { from, to };
}

/**
 * Opens the stores of a verb that copies. Refuses two stores whose copies would lie among what is copied.
 *
 * @param prefix of the paths that are copied
 */
export async function storesApart(call: VerbCall, prefix: string): Promise<TwoStores> {
  const stores = await twoStores(call);
  const [one, other] = call.args as [string, string | undefined];
  const from = await placeOf(await call.storageOf(other === undefined ? undefined : one));
  const to = await placeOf(await call.storageOf(other ?? one));
  if (from === undefined || to === undefined) return stores;
  await assertApart(stores.from, overlapOf(from, to, prefix), call.signal);
  return stores;
}

/** Refuses a copy whose result would lie among what is copied. */
export async function assertApart(from: Store, overlap: Overlap | undefined, signal: AbortSignal): Promise<void> {
  const problem = await overlapProblem(from, overlap, signal);
  if (problem !== undefined) throw usageFailure(problem);
}

/** Where a store lies, with / at its end. The place of a store below it begins with the same text. */
async function placeOf(storage: StorageSettings | undefined): Promise<string | undefined> {
  switch (storage?.provider) {
    case "file":
      return join(await realPath(resolve(storage.root)), sep);
    case "s3":
      return placeIn([storage.endpoint, storage.bucket], storage.prefix);
    case "gcs":
      return placeIn([storage.bucket], storage.prefix);
    case "azure":
      return placeIn([storage.account, storage.connectionString, storage.container], storage.prefix);
    default:
      return undefined; // in Redis no prefix is inside of another one
  }
}

function placeIn(container: readonly (string | undefined)[], prefix: string | undefined): string {
  return `${JSON.stringify(container)}/${prefix === undefined ? "" : `${prefix}/`}`;
}

/** The path without symbolic links, also where its end does not exist yet. */
async function realPath(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch {
    const parent = dirname(path);
    return parent === path ? path : join(await realPath(parent), basename(path));
  }
}
