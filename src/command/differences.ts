import { createHash } from "node:crypto";
import { isNotFound } from "../errors/error.js";
import { comparePaths } from "../paths/path.js";
import { sortedListing } from "../store/sorted-listing.js";
import type { ListOptions, ObjectInfo, Store } from "../store/store.js";

/** An object that differs between two stores. */
export interface Difference {
  readonly path: string;
  /**
   * `missing`: the second store lacks the object. `extra`: the first store lacks it. `differs`: the sizes or the
   * bytes differ.
   */
  readonly difference: "missing" | "extra" | "differs";
  /** Bytes in the first store. */
  readonly size?: number;
  /** Bytes in the second store. */
  readonly otherSize?: number;
}

/** What is compared, and how. */
export interface Comparison {
  readonly from: Store;
  readonly to: Store;
  readonly prefix: string;
  readonly startAfter?: string | undefined;
  /** Whether to read objects of the same size and compare their bytes. */
  readonly readsBytes?: boolean;
  readonly signal: AbortSignal;
  /** Called with every path. */
  readonly onPath?: (path: string) => void;
}

/** Walks through two sorted listings side by side. Holds one page of each listing in memory. */
export async function* differences(comparison: Comparison): AsyncGenerator<Difference, void, undefined> {
  const { from, to, onPath } = comparison;
  const [ones, others] = [listing(from, comparison), listing(to, comparison)];
  try {
    let [one, other] = [await ones.next(), await others.next()];
    while (one.done !== true || other.done !== true) {
      const order = orderOf(one, other);
      const path = (order <= 0 ? one : other).value!.path;
      const difference = await compare(path, one.value!, other.value!, order, comparison);
      if (difference !== undefined) yield difference;
      onPath?.(path);
      if (order <= 0) one = await ones.next();
      if (order >= 0) other = await others.next();
    }
  } finally {
    await Promise.all([ones.return(), others.return()]);
  }
}

type Step = IteratorResult<ObjectInfo, void>;

function listing(
  store: Store,
  { prefix, startAfter, signal }: Comparison,
): AsyncGenerator<ObjectInfo, void, undefined> {
  const options: ListOptions = { startAfter, signal };
  return sortedListing(store.list(prefix, options), startAfter, store, prefix);
}

function orderOf(one: Step, other: Step): number {
  if (one.done === true) return 1;
  return other.done === true ? -1 : comparePaths(one.value.path, other.value.path);
}

async function compare(
  path: string,
  one: ObjectInfo,
  other: ObjectInfo,
  order: number,
  comparison: Comparison,
): Promise<Difference | undefined> {
  if (order < 0) return { path, difference: "missing", size: one.size };
  if (order > 0) return { path, difference: "extra", otherSize: other.size };
  const { size } = one;
  if (size !== other.size) return { path, difference: "differs", size, otherSize: other.size };
  return comparison.readsBytes === true ? compareBytes(path, size, comparison) : undefined;
}

async function compareBytes(
  path: string,
  size: number,
  { from, to, signal }: Comparison,
): Promise<Difference | undefined> {
  const [one, other] = await Promise.all([digestOf(from, path, signal), digestOf(to, path, signal)]);
  if (one === other) return undefined;
  if (one === undefined) return { path, difference: "extra", otherSize: size };
  return other === undefined
    ? { path, difference: "missing", size }
    : { path, difference: "differs", size, otherSize: size };
}

/** `undefined` for an object that was deleted since it was listed. */
async function digestOf(store: Store, path: string, signal: AbortSignal): Promise<string | undefined> {
  const hash = createHash("sha256");
  try {
    for await (const chunk of await store.read(path, { signal })) hash.update(chunk);
    return hash.digest("hex");
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
