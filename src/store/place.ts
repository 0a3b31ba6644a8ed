import { throwIfAborted } from "../async/abort.js";
import type { StorageErrorDetails } from "../errors/error.js";
import { openListing } from "./open-listing.js";
import type { Store } from "./store.js";

/** Where the objects of a store lie: below a prefix of another store, which is empty or ends in a slash. */
interface Place {
  readonly root: Store;
  readonly prefix: string;
}

const places = new WeakMap<Store, Place>();

/** Notes that a layer keeps its objects below a prefix of the store that it covers. */
export function declarePlace(layer: Store, inner: Store, prefix = ""): void {
  const { root, prefix: outer } = placeOf(inner);
  places.set(layer, { root, prefix: outer + prefix });
}

function placeOf(store: Store): Place {
  return places.get(store) ?? { root: store, prefix: "" };
}

/** Two places of which one is inside of the other, and what copies from one to the other would do. */
export interface Overlap {
  /** What lies between the two. */
  readonly between: string;
  /** Whether the copies go into the inner place. Otherwise they come from there. */
  readonly inwards: boolean;
  /** The beginning of the source's paths whose copies would lie among what is copied. */
  readonly paths: string;
}

/**
 * Finds out whether copies from one place to another would lie among what is copied.
 *
 * @param prefix of the paths that are copied
 */
export function overlapOf(from: string, to: string, prefix: string): Overlap | undefined {
  const inwards = to.startsWith(from);
  if (to === from || !(inwards || from.startsWith(to))) return undefined;
  const between = inwards ? to.slice(from.length) : from.slice(to.length);
  if (!(between + prefix).startsWith(prefix)) return undefined;
  return { between, inwards, paths: inwards ? prefix : between + prefix };
}

/** Finds out the same about two stores. Only layers over the same store are known to overlap. */
export function overlapOfStores(from: Store, to: Store, prefix: string): Overlap | undefined {
  const [one, other] = [placeOf(from), placeOf(to)];
  return one.root === other.root ? overlapOf(one.prefix, other.prefix, prefix) : undefined;
}

/**
 * Says why copies must not be made. Copies that go inwards would be copied in turn, without end. Those that go outwards
 * write over their source where names repeat, so the source is asked for such names.
 */
export async function overlapProblem(
  from: Store,
  overlap: Overlap | undefined,
  signal: AbortSignal | undefined,
  details?: StorageErrorDetails,
): Promise<string | undefined> {
  if (overlap === undefined) return undefined;
  const name = JSON.stringify(overlap.between);
  if (overlap.inwards) {
    return `The place to copy to lies below what is copied, in ${name}: its copies would be copied in turn. Copy to a place apart. Nothing was copied.`;
  }
  throwIfAborted(signal, details);
  for await (const { path } of openListing(from, overlap.paths, { limit: 1, signal })) {
    return `What is copied lies in ${name} of the place to copy to, and has ${name} in it again: the copy of ${JSON.stringify(path)} would lie among what is copied. Copy to a place apart first, and from there. Nothing was copied.`;
  }
  return undefined;
}
