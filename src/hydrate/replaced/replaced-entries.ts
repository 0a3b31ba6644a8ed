import { replacementPath } from "../../object/object-name.js";
import { isNotFound, isStorageError } from "../../errors/error.js";
import type { Location } from "../../paths/location.js";
import { encryptedEntries } from "../../codecs/aes256gcm/encrypted-entries.js";
import type { EncryptionHeader, ReplacedEntry } from "../../codecs/aes256gcm/encryption-header.js";
import type { ParsedReference } from "../../reference/reference.js";
import type { EntryBytes } from "../entry-bytes.js";
import { Turns } from "../../async/turns.js";

/*
 * Each entry of an object that was encrypted again states which entry it replaced.
 * This statement is checked instead of the digest. Without a key, nobody can make such an entry.
 */

/** Returns where the entries of an object lie once they were encrypted again. */
export function replacementOf(location: Location): Location {
  return { ...location, path: replacementPath(location.path) };
}

/**
 * Returns whether an error says that no object replaced another. Either there is none, or the path would be too long.
 */
export function isAbsence(error: unknown): boolean {
  return isNotFound(error) || isStorageError(error, "INVALID_PATH");
}

/** Returns whether the entry of this header replaced the entry that a reference was made for. */
export function replaces({ replaces: replaced }: EncryptionHeader, reference: ParsedReference): boolean {
  return (
    replaced !== undefined &&
    replaced.digest === reference.digest &&
    replaced.size === reference.size &&
    replaced.offset === reference.offset
  );
}

/** The entries of an object that replaced another. They must be decrypted before they are trusted. */
export class ReplacedEntries {
  private readonly entries = new Map<string, Uint8Array>();

  /** Reads the entries. @throws {StorageError} `DECODE_FAILED` for an object of another form */
  static async of(object: Uint8Array, signal: AbortSignal): Promise<ReplacedEntries> {
    const found = new ReplacedEntries();
    const turns = new Turns();
    for (const { bytes, header } of encryptedEntries(object)) {
      if (turns.due) await turns.take(signal);
      const { replaces: replaced } = header;
      if (replaced !== undefined) found.entries.set(keyOf(replaced), bytes);
    }
    return found;
  }

  /** Returns the entry that replaced the entry of a reference. */
  find({ digest, size, offset }: ParsedReference): EntryBytes | undefined {
    if (digest === undefined || size === undefined) return undefined;
    const bytes = this.entries.get(keyOf({ digest, size, offset }));
    return bytes && { bytes, size, digest };
  }
}

function keyOf({ digest, size, offset = -1 }: ReplacedEntry): string {
  return `${offset} ${size} ${digest}`;
}
