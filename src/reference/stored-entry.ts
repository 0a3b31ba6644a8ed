import { formatLocation } from "../paths/location.js";
import type { ParsedReference } from "./reference.js";

/** Which bytes a reference points at: the same for all references to the same entry. */
export function entryKey({ location, offset, size }: ParsedReference): string {
  const path = formatLocation(location); // paths of two containers may be alike
  return offset === undefined ? path : `${path}\n${offset}\n${size ?? ""}`;
}

// What encryption adds: a header, and 16 bytes a mebibyte; and what compression does to a stream of which only the
// beginning gains: less than a thousandth.
const MAX_HEADER_SIZE = 66_000;

/** Bytes that an entry has at least when it is decoded, as far as its reference says: it bounds what is read for nothing. */
export function leastDecodedSize({ size = 0, encoding }: ParsedReference): number {
  return encoding === undefined ? size : Math.max(0, size - MAX_HEADER_SIZE - Math.ceil(size / 1000));
}
