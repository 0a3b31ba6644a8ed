import { StorageError } from "../errors/error.js";
import { formatLocation } from "../paths/location.js";
import type { ParsedReference } from "./reference.js";

/** Returns a key for the bytes that a reference points at. It is the same for all references to the same entry. */
export function entryKey({ location, offset, size }: ParsedReference): string {
  const path = formatLocation(location); // paths of two containers may be equal
  return offset === undefined ? path : `${path}\n${offset}\n${size ?? ""}`;
}

/** Makes the error of an entry that lies inside itself. @param path where the entry lies, if it is known */
export function cyclicReference(operation: string, path?: string): StorageError {
  const message = "A reference leads back to an object that it lies inside of.";
  return new StorageError("CYCLIC_REFERENCE", message, { operation, path });
}

// Encryption adds a header, and 16 bytes for each mebibyte. If compression shrinks only the
// beginning of a stream, it lengthens the rest by less than a thousandth.
const MAX_HEADER_SIZE = 66_000;

/** Returns the least bytes of an entry after decoding, according to its reference. It limits what is read in vain. */
export function leastDecodedSize({ size = 0, encoding }: ParsedReference): number {
  return encoding === undefined ? size : Math.max(0, size - MAX_HEADER_SIZE - Math.ceil(size / 1000));
}
