import { sha256 } from "../bytes/digest.js";
import { StorageError } from "../errors/error.js";

// Longer parts are named by their digest: a path has 1,024 bytes in all.
const MAX_PART_BYTES = 128;

/**
 * Makes a scope of any strings: each becomes one segment, and no two lists of strings give the same scope.
 *
 * A part is percent-encoded as by `encodeURIComponent`. An empty part becomes `_`, a leading dot `%2E`, a lone surrogate
 * `%u` and its code in hex; a part of more than 128 UTF-8 bytes becomes `~` and its SHA-256 in hex (`~u` and that of what is
 * encoded, where it holds a lone surrogate).
 *
 * @throws {StorageError} `CONFIG_INVALID` without parts, and for a part that is no string
 *
 * @example
 * scopePath("orders", "de/42"); // "orders/de%2F42"
 */
export function scopePath(...parts: string[]): string {
  if (parts.length === 0 || parts.some((part) => typeof part !== "string")) {
    throw new StorageError("CONFIG_INVALID", "scopePath needs one string or more.", { operation: "configure" });
  }
  return parts.map(scopePart).join("/");
}

/** One part of a scope as a segment. */
export function scopePart(part: string): string {
  if (part === "") return "_";
  if (part === "_") return "%5F"; // the empty part has that name
  const encoded = part.replace(/\p{Surrogate}|[^]/gu, encodeCharacter);
  if (Buffer.byteLength(part) > MAX_PART_BYTES) {
    // Of two lone surrogates UTF-8 makes the same bytes.
    return part.isWellFormed() ? `~${hexOf(part)}` : `~u${hexOf(encoded)}`;
  }
  return encoded.replace(/^[.~]/, (first) => (first === "." ? "%2E" : "%7E"));
}

/** The part that a segment was made of, for people to read: what can't be known stays as it is. */
export function partOf(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment; // of a lone surrogate, or none that is made here
  }
}

function hexOf(text: string): string {
  return sha256(Buffer.from(text)).toString("hex");
}

function encodeCharacter(character: string): string {
  return /\p{Surrogate}/u.test(character) ? `%u${character.charCodeAt(0).toString(16)}` : encodeURIComponent(character);
}
