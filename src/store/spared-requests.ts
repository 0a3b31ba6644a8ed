import { isOwnStore } from "./guard/own-stores.js";
import type { CallOptions, Store } from "./store.js";

// Keys of options by which this library asks for less than the contract of a store gives, and spares a service a request.
// They are symbols, since they are no options of a store: whoever else calls one gets all that the contract says.

/** Of a read: content type and metadata of the object are not needed. GCS tells them by a request of their own. */
export const BYTES_ONLY = Symbol("coatcheck.bytesOnly");

/**
 * Of a copy: the size of the source in bytes, which is known, and that its content type and metadata need not be told. S3
 * and Azure tell all three by a request of their own; they are copied in any case.
 */
export const SOURCE_SIZE = Symbol("coatcheck.sourceSize");

/** Options of a call that may ask for less. */
export interface SparedOptions extends CallOptions {
  readonly [BYTES_ONLY]?: true | undefined;
  readonly [SOURCE_SIZE]?: number | undefined;
}

/** Options of a read whose bytes alone matter. A store of the user's own is not told. */
export function bytesOnly<Options extends CallOptions>(store: Store, options: Options): Options & SparedOptions {
  return isOwnStore(store) ? { ...options, [BYTES_ONLY]: true } : options;
}

/** Options of a copy of which only matters that it is made. A store of the user's own is not told. */
export function knownSource<Options extends CallOptions>(
  store: Store,
  options: Options,
  size: number | undefined,
): Options & SparedOptions {
  return size !== undefined && isOwnStore(store) ? { ...options, [SOURCE_SIZE]: size } : options;
}
