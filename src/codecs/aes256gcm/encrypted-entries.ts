import { parseHeader, type EncryptionHeader } from "./encryption-header.js";

/** An encrypted entry in the object that it lies in. */
export interface EncryptedEntry {
  readonly offset: number;
  readonly bytes: Uint8Array;
  /** Bytes that it has; absent: its end is that of its object. */
  readonly size: number | undefined;
  readonly header: EncryptionHeader;
  /** Names of the codecs applied before the encryption. */
  readonly encodings: readonly string[];
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
    const { sealedSize, encoding } = header;
    const size = sealedSize === undefined ? undefined : bytes.byteLength + sealedSize;
    const entry = rest.subarray(0, size);
    const encodings = encoding === undefined ? [] : encoding.split(",");
    yield { offset, bytes: entry, size, header, encodings };
    offset += entry.byteLength;
    if (object[offset] === NEWLINE) offset++; // no header begins so
  }
}
