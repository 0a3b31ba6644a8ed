import { isNotFound, isStorageError } from "../error.js";
import type { Location } from "../location.js";
import { encryptedEntries } from "../object/codec/encrypted-entries.js";
import type { EncryptionHeader } from "../object/codec/encryption-header.js";
import type { ParsedReference } from "../reference/reference.js";
import type { FetchedEntry } from "./fetch-entry.js";

/*
 * An object that was encrypted again lies beside the place of the old one, since a content-addressed path never changes
 * what it holds, and references say the digest of the old. Each of its entries says which entry it took the place of. That
 * takes the place of the check of the digest: who has no key can't make such an entry.
 */

const SUFFIX = ".reencrypted";

/** Whether an object took the place of another. */
export function isReplacement(path: string): boolean {
  return path.endsWith(SUFFIX);
}

/** The path of the object whose place one took. */
export function originalPath(path: string): string {
  return path.slice(0, -SUFFIX.length);
}

/** Where the entries of an object lie once they were encrypted again. */
export function replacementOf(location: Location): Location {
  return { ...location, path: location.path + SUFFIX };
}

/** The same for the text of a location. */
export function replacementPath(path: string): string {
  return path + SUFFIX;
}

/** Whether an error says that no object took the place of another: there is none, or can be none with so long a path. */
export function isAbsence(error: unknown): boolean {
  return isNotFound(error) || isStorageError(error, "INVALID_PATH");
}

/** Whether the entry of this header took the place of the one that a reference was made for. */
export function replaces({ replaces: replaced }: EncryptionHeader, reference: ParsedReference): boolean {
  return (
    replaced !== undefined &&
    replaced.digest === reference.digest &&
    replaced.size === reference.size &&
    replaced.offset === reference.offset
  );
}

/**
 * The entry that took the place of the one that a reference was made for. It must be decrypted before it is believed.
 *
 * @param object the object that took the place of the reference's
 * @throws {StorageError} `DECODE_FAILED`
 */
export function replacedEntry(object: Uint8Array, reference: ParsedReference): FetchedEntry | undefined {
  for (const { bytes, header } of encryptedEntries(object)) {
    if (replaces(header, reference)) return { bytes, size: reference.size!, digest: reference.digest! };
  }
  return undefined;
}
