import { parseStoredObject, type StoredObject } from "../object/stored-object.js";
import { formatLocation } from "../location.js";
import type { ParsedReference } from "../reference/reference.js";
import { StorageError } from "../error.js";

/** What an entry holds: bytes as they are, or a StoredObject. */
export type DecodedEntry = { readonly binary: Uint8Array } | DecodedObject;

export interface DecodedObject {
  readonly object: StoredObject;
  /** Whether its data may hold references or escaped keys: no other data needs to be walked. */
  readonly hasReserved: boolean;
}

/** Whether a reference points at bytes that are stored as they are. */
export function isBinary({ contentType, location }: ParsedReference): boolean {
  // A Blob may well be of a type that StoredObjects have; its object's name tells.
  if (location.path.endsWith(".bin")) return true;
  return contentType !== undefined && contentType !== "application/json" && contentType !== "text/plain";
}

/**
 * Refuses, before any I/O, an entry that was encoded by codecs. The message does not repeat their names: a reference
 * may come from anywhere.
 *
 * @throws {StorageError} `DECODE_FAILED`
 */
export function assertDecodable({ encoding, location }: ParsedReference): void {
  if (encoding === undefined) return;
  throw new StorageError(
    "DECODE_FAILED",
    "A stored object is encoded by a codec that this manager does not have; see $storageEncoding of its reference.",
    { operation: "hydrate", path: formatLocation(location) },
  );
}

/**
 * Decodes an entry. Each call gives a value of its own, so that no two places share one.
 *
 * @throws {StorageError} `DECODE_FAILED`
 */
export function decodeEntry(bytes: Uint8Array, reference: ParsedReference): DecodedEntry {
  if (isBinary(reference)) return { binary: new Uint8Array(bytes) };
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const object = parseStoredObject(buffer.toString(), formatLocation(reference.location));
  // Every such key begins with a dollar sign, which JSON may also write as an escape.
  const hasReserved = object.contentType === "json" && (buffer.includes('"$') || buffer.includes('"\\u0024'));
  return { object, hasReserved };
}
