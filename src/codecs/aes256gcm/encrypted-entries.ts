import { parseHeader, type EncryptionHeader } from "./encryption-header.js";

/** An encrypted entry in the object that it lies in. */
export interface EncryptedEntry {
  readonly offset: number;
  readonly bytes: Uint8Array;
  readonly header: EncryptionHeader;
}

const NEWLINE = 0x0a;

/**
 * The encrypted entries of an object, which lie one after the other, in a pack of StoredObjects with a newline after
 * each.
 *
 * @throws {StorageError} `DECODE_FAILED` where none begins; one that is cut short is what is left of it
 */
export function* encryptedEntries(object: Uint8Array): Generator<EncryptedEntry, void, undefined> {
  for (let offset = 0; offset < object.byteLength;) {
    const rest = object.subarray(offset);
    const { header, bytes } = parseHeader(rest);
    const entry = header.sealedSize === undefined ? rest : rest.subarray(0, bytes.byteLength + header.sealedSize);
    yield { offset, bytes: entry, header };
    offset += entry.byteLength;
    if (object[offset] === NEWLINE) offset++; // no header begins so
  }
}
