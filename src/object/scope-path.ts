import { sha256 } from "../bytes/digest.js";
import { StorageError } from "../errors/error.js";

// Longer parts are named by their digest, because a path has at most 1,024 bytes.
const MAX_PART_BYTES = 128;

/**
 * Builds a scope from any strings. Each string becomes one segment, and no two lists of strings give the same scope.
 *
 * A part is percent-encoded as by `encodeURIComponent`. An empty part becomes `_`, a leading dot `%2E`, and a lone
 * surrogate `%u` with its code in hex. A part of more than 128 UTF-8 bytes becomes `~` with its SHA-256 in hex. If
 * such a long part holds a lone surrogate, it becomes `~u` with the SHA-256 of its encoded form.
 *
 * @throws {StorageError} `CONFIG_INVALID` without parts, and for a part that is not a string
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

/** Encodes one part of a scope as a segment. */
export function scopePart(part: string): string {
  if (part === "") return "_";
  if (part === "_") return "%5F"; // `_` is the name of the empty part
  const encoded = part.replace(/\p{Surrogate}|[^]/gu, encodeCharacter);
  if (Buffer.byteLength(part) > MAX_PART_BYTES) {
    // UTF-8 gives the same bytes for any two lone surrogates.
    return part.isWellFormed() ? `~${hexOf(part)}` : `~u${hexOf(encoded)}`;
  }
  return encoded.replace(/^[.~]/, (first) => (first === "." ? "%2E" : "%7E"));
}

/**
 * Returns the part from which a segment was made, for people to read. A segment that can't be decoded stays as it is.
 */
export function partOf(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment; // the segment comes from a lone surrogate, or was not made here
  }
}

function hexOf(text: string): string {
  return sha256(Buffer.from(text)).toString("hex");
}

function encodeCharacter(character: string): string {
  return /\p{Surrogate}/u.test(character) ? `%u${character.charCodeAt(0).toString(16)}` : encodeURIComponent(character);
}
