import { formatLocation } from "../paths/location.js";
import { invalidReference } from "../reference/location.js";
import type { ParsedReference } from "../reference/reference.js";
import { StorageError } from "../errors/error.js";
import { sha256Digest, sha256InSteps, digestText } from "../bytes/digest.js";
import type { Store } from "../store/store.js";
import { openPart, type PartOfObject } from "./reads/open-part.js";
import { readBytes } from "./read-bytes.js";
import { callFailure } from "../errors/as-storage-error.js";

/** The stored bytes of one entry. */
export interface EntryBytes {
  readonly bytes: Uint8Array;
  readonly size: number;
  /** `sha256-` + base64url of the bytes. */
  readonly digest: string;
}

/** Makes an entry of these bytes. @param sha256 the digest of the bytes, if it is known */
export function entryBytes(bytes: Uint8Array, sha256?: Buffer): EntryBytes {
  return { bytes, size: bytes.byteLength, digest: sha256 === undefined ? sha256Digest(bytes) : digestText(sha256) };
}

/** Does the same for a large entry, in steps. */
export function* entryBytesInSteps(bytes: Uint8Array): Generator<undefined, EntryBytes, undefined> {
  const digest = yield* sha256InSteps(bytes);
  return { bytes, size: bytes.byteLength, digest: digestText(digest) };
}

/**
 * Reads the entry that a reference points at.
 *
 * @param maxBytes bytes after which the read is given up; {@link verifyEntry} checks the reference's own size
 * @throws {StorageError} what the store rejects with; `BUDGET_EXCEEDED` by `tooLarge` when there is more than
 *   `maxBytes`
 */
export async function readEntry(
  store: Store,
  reference: ParsedReference,
  maxBytes: number,
  tooLarge: () => Error,
  signal: AbortSignal,
): Promise<EntryBytes> {
  const path = formatLocation(reference.location);
  const details = { operation: "read", store: store.name, path };
  const onBytes = (received: number): void => {
    if (received > maxBytes) throw tooLarge();
  };
  try {
    const part = partOf(reference);
    const opened = openPart(store, path, part, signal);
    return entryBytes(await readBytes(opened, onBytes, signal, details, part?.length));
  } catch (error) {
    throw callFailure(error, signal, details);
  }
}

/**
 * Returns the part of an object that holds an entry.
 *
 * @throws {StorageError} `INVALID_REFERENCE` when the part would end where no object can
 */
export function partOf({ offset, size }: ParsedReference): PartOfObject | undefined {
  if (offset === undefined || size === undefined) return undefined;
  if (Number.isSafeInteger(offset + size)) return { offset, length: size };
  throw invalidReference("its $storageOffset and $storageSize together are more than any object has");
}

/** Checks an entry against its reference. @throws {StorageError} `INTEGRITY` if its size or digest differs */
export function verifyEntry(
  entry: { readonly size: number; readonly digest: string },
  reference: ParsedReference,
  store: string,
): void {
  if (reference.size !== undefined && entry.size !== reference.size) {
    const problem = `it has ${entry.size} bytes, the reference says ${reference.size}`;
    throw integrityError(problem, store, formatLocation(reference.location));
  }
  if (reference.digest !== undefined && entry.digest !== reference.digest) {
    throw integrityError("it has another digest than the reference says", store, formatLocation(reference.location));
  }
}

export function integrityError(problem: string, store: string, path: string): StorageError {
  return new StorageError(
    "INTEGRITY",
    `A stored object is not what was written: ${problem}. Restore it, or dehydrate the payload again.`,
    {
      operation: "hydrate",
      store,
      path,
    },
  );
}
