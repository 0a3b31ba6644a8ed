import { isOwnStore } from "./guard/own-stores.js";
import type { CallOptions, Store } from "./store.js";

// Keys of options with which this library asks for less than the contract of a store gives. That saves the service a
// request. The keys are symbols, since they are no options of a store. All other callers get everything that the
// contract promises.

/** Whether a read may leave out content type and metadata. GCS needs a separate request for them. */
export const BYTES_ONLY = Symbol("coatcheck.bytesOnly");

/**
 * Size in bytes of the source of a copy, if the caller knows it. The copy then need not return the content type and
 * metadata of the object. S3 and Azure need a separate request to return these and the size. Content type and
 * metadata are copied in any case.
 */
export const SOURCE_SIZE = Symbol("coatcheck.sourceSize");

/** Options of a call that may ask for less. */
export interface SparedOptions extends CallOptions {
  readonly [BYTES_ONLY]?: true | undefined;
  readonly [SOURCE_SIZE]?: number | undefined;
}

/** Returns the options of a read that needs the bytes alone. A user's own store does not get the key. */
export function bytesOnly<Options extends CallOptions>(store: Store, options: Options): Options & SparedOptions {
  return isOwnStore(store) ? { ...options, [BYTES_ONLY]: true } : options;
}

/** Returns the options of a copy whose result does not matter. A user's own store does not get the key. */
export function knownSource<Options extends CallOptions>(
  store: Store,
  options: Options,
  size: number | undefined,
): Options & SparedOptions {
  return size !== undefined && isOwnStore(store) ? { ...options, [SOURCE_SIZE]: size } : options;
}
