import { RAISE } from "../budget.js";
import { formatLocation } from "../../paths/location.js";
import { ByteReader } from "../../codecs/byte-reader.js";
import { readHeader } from "../../codecs/aes256gcm/encryption-header.js";
import type { ParsedReference } from "../../reference/reference.js";
import { StorageError } from "../../errors/error.js";
import { bytesResult } from "../../store/read-result.js";
import type { ReadResult, Store } from "../../store/store.js";
import { integrityError, type EntryBytes } from "../entry-bytes.js";
import { readBytes } from "../read-bytes.js";
import { isAbsence, ReplacedEntries, replacementOf, replaces } from "./replaced-entries.js";

/**
 * Opens the object that replaced a missing one whose entries are encrypted.
 *
 * @throws `notFound` when there is none
 */
async function openReplacement(
  store: Store,
  { location }: ParsedReference,
  notFound: Error,
  signal: AbortSignal,
): Promise<ReadResult> {
  try {
    return await store.read(formatLocation(replacementOf(location)), { signal });
  } catch (error) {
    throw isAbsence(error) ? notFound : error;
  }
}

/** Reads the entry that replaced a missing one. @throws `notFound` when there is none */
export async function fetchReplaced(
  store: Store,
  reference: ParsedReference,
  notFound: Error,
  maxBytes: number,
  signal: AbortSignal,
): Promise<EntryBytes> {
  const onBytes = (received: number): void => {
    if (received > maxBytes) throw tooManyBytes(maxBytes);
  };
  const details = { operation: "read", store: store.name, path: formatLocation(reference.location) };
  const opened = openReplacement(store, reference, notFound, signal);
  const object = await readBytes(opened, onBytes, signal, details);
  const entry = (await ReplacedEntries.of(object, signal)).find(reference);
  if (entry === undefined) throw notFound;
  return entry;
}

/** Opens the entry that replaced a missing one. @throws `notFound` when there is none */
export async function openReplaced(
  store: Store,
  reference: ParsedReference,
  notFound: Error,
  maxBytes: number,
  signal: AbortSignal,
): Promise<ReadResult> {
  if (reference.offset !== undefined) {
    // The position among other entries is known only when all of them are present. They are small.
    const { bytes } = await fetchReplaced(store, reference, notFound, maxBytes, signal);
    return bytesResult({ path: formatLocation(reference.location), size: bytes.byteLength }, bytes);
  }
  const result = await openReplacement(store, reference, notFound, signal);
  return { ...result, [Symbol.asyncIterator]: () => ownChunks(result, reference, store.name) };
}

/** Passes chunks on if they belong to the entry that replaced the reference's entry. */
async function* ownChunks(
  result: ReadResult,
  reference: ParsedReference,
  store: string,
): AsyncGenerator<Uint8Array, void, undefined> {
  const reader = new ByteReader(result);
  try {
    const { header, bytes } = await readHeader(reader);
    if (!replaces(header, reference)) {
      throw integrityError("it took the place of another", store, formatLocation(reference.location));
    }
    yield bytes;
    yield* reader.rest();
  } finally {
    await reader.close();
  }
}

function tooManyBytes(maxBytes: number): StorageError {
  const message = `The object has more than ${maxBytes} bytes (maxBytes). ${RAISE}`;
  return new StorageError("BUDGET_EXCEEDED", message, { operation: "open" });
}
