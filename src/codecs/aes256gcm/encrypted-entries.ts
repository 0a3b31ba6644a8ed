import { parseHeader, type EncryptionHeader } from "./encryption-header.js";

/** An encrypted entry in its object. */
export interface EncryptedEntry {
  readonly offset: number;
  readonly bytes: Uint8Array;
  /** Size in bytes. If it is absent, the entry ends where its object ends. */
  readonly size: number | undefined;
  readonly header: EncryptionHeader;
  /** Names of the codecs applied before the encryption. */
  readonly encodings: readonly string[];
}

const NEWLINE = 0x0a;

/**
 * Yields the encrypted entries of an object, which lie one after the other. In a pack of StoredObjects there is a
 * newline after each.
 *
 * @throws {StorageError} `DECODE_FAILED` where no entry begins; an entry that is cut short is yielded as far as it
 *   goes
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
    if (object[offset] === NEWLINE) offset++; // no header begins with a newline
  }
}
