import { createHash } from "node:crypto";
import { formatLocation } from "../location.js";
import type { ParsedReference } from "../reference/reference.js";
import { abortable } from "../store/abort.js";
import { StorageError } from "../error.js";
import type { Store } from "../store/store.js";
import { giveUp } from "./give-up.js";
import { asStorageError } from "./store-error.js";

/** The stored bytes of one entry. */
export interface FetchedEntry {
  readonly bytes: Uint8Array;
  readonly size: number;
  /** `sha256-` + base64url of the bytes. */
  readonly digest: string;
}

/** Which bytes a reference points at: the same for all references to the same entry. */
export function entryKey({ location, offset, size }: ParsedReference): string {
  const path = formatLocation(location); // paths of two containers may be alike
  return offset === undefined ? path : `${path}\n${offset}\n${size ?? ""}`;
}

/**
 * Reads the entry that a reference points at.
 *
 * @param maxBytes bytes after which it is given up; the reference's own size is checked by {@link verifyEntry}
 * @throws {StorageError} what the store says; `BUDGET_EXCEEDED` by `tooLarge` when there is more than `maxBytes`
 */
export async function fetchEntry(
  store: Store,
  reference: ParsedReference,
  maxBytes: number,
  tooLarge: () => Error,
  signal: AbortSignal,
): Promise<FetchedEntry> {
  const path = formatLocation(reference.location);
  const details = { operation: "read", store: store.name, path };
  const bytes = await readBounded(store, reference, maxBytes, signal).catch((error: unknown) => {
    throw asStorageError(error, details);
  });
  if (bytes === undefined) throw tooLarge();
  return { bytes, size: bytes.byteLength, digest: `sha256-${createHash("sha256").update(bytes).digest("base64url")}` };
}

async function readBounded(
  store: Store,
  reference: ParsedReference,
  maxBytes: number,
  signal: AbortSignal,
): Promise<Uint8Array | undefined> {
  const read = store.read(formatLocation(reference.location), { ...rangeOf(reference), signal });
  const result = await abortable(read, signal, (late) => late.cancel());
  const chunks: Uint8Array[] = [];
  let total = 0;
  try {
    const iterator = result[Symbol.asyncIterator]();
    for (;;) {
      const next = await abortable(iterator.next(), signal);
      if (next.done === true) return chunks.length === 1 ? chunks[0] : Buffer.concat(chunks);
      total += next.value.byteLength;
      if (total > maxBytes) return undefined;
      chunks.push(next.value);
    }
  } finally {
    giveUp(() => result.cancel());
  }
}

/** The part of an object that an entry is. */
export function rangeOf({ offset, size }: ParsedReference): { offset?: number; length?: number | undefined } {
  return offset === undefined ? {} : { offset, length: size };
}

/** @throws {StorageError} `INTEGRITY` unless an entry of this size and digest is what the reference was made for */
export function verifyEntry(
  entry: { readonly size: number; readonly digest: string },
  reference: ParsedReference,
  store: string,
): void {
  const path = formatLocation(reference.location);
  if (reference.size !== undefined && entry.size !== reference.size) {
    throw integrityError(`it has ${entry.size} bytes, the reference says ${reference.size}`, store, path);
  }
  if (reference.digest !== undefined && entry.digest !== reference.digest) {
    throw integrityError("it has another digest than the reference says", store, path);
  }
}

export function integrityError(problem: string, store: string, path: string): StorageError {
  return new StorageError("INTEGRITY", `A stored object is not what was written: ${problem}.`, {
    operation: "hydrate",
    store,
    path,
  });
}
