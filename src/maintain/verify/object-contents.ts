import { isUtf8 } from "node:buffer";
import { isStorageError, StorageError } from "../../errors/error.js";
import type { Location } from "../../paths/location.js";
import { encryptedEntries } from "../../codecs/aes256gcm/encrypted-entries.js";
import { isEncrypted, type EncryptionHeader } from "../../codecs/aes256gcm/encryption-header.js";
import { isUnknownKey } from "../../codecs/aes256gcm/encryption-keys.js";
import type { ParsedReference } from "../../reference/reference.js";
import { assertDecodable } from "../../hydrate/decode-codecs.js";
import { EntryDecoder, isBinary } from "../../hydrate/decode-entry.js";
import type { EntryDecoding } from "../../hydrate/entry-decoding.js";
import type { VerifySettings } from "./verify-settings.js";
import type { GzipMembers } from "./gzip-members.js";
import type { ObjectKind } from "../../object/object-name.js";
import { Refusal } from "./report.js";

const NEWLINE = 0x0a;
const BRACE = 0x7b;
const ENCRYPTION = "aes256gcm";

// How what a codec gives begins: RFC 1952, section 2.3.1, and RFC 8878, section 3.1.1. Brotli begins in any way.
const MAGIC: readonly (readonly [codec: string, magic: Buffer])[] = [
  ["gzip", Buffer.of(0x1f, 0x8b)],
  ["zstd", Buffer.of(0x28, 0xb5, 0x2f, 0xfd)],
];
const KNOWN_CODECS: readonly string[] = ["gzip", "zstd", "brotli", ENCRYPTION];

/** The entries of an object, looked at without the references to them: as far as they tell themselves what they are. */
export class ObjectContents {
  /** Whether there is something of which only the digest is known to be right. */
  isUnchecked = false;

  constructor(
    private readonly location: Location,
    private readonly kind: ObjectKind,
    private readonly settings: VerifySettings,
    private readonly decoding: EntryDecoding,
    private readonly gzip: GzipMembers,
    private readonly signal: AbortSignal,
  ) {}

  /**
   * The values in it that may hold references.
   *
   * @param bytes the object, which is what its digest says
   * @throws {StorageError} `DECODE_FAILED`, `INTEGRITY`, what a key provider throws; {@link Refusal}
   */
  async *values(bytes: Uint8Array): AsyncGenerator<unknown, void, undefined> {
    const { holds, isReplacement } = this.kind;
    if (holds === "other") return;
    if (isReplacement || this.isEncrypted(bytes)) {
      yield* this.encryptedValues(bytes);
      return;
    }
    this.assertTaken();
    if (holds === "envelope") yield* this.envelope(bytes);
    if (holds === "pack") yield* this.packed(bytes);
  }

  /** The entry that a header describes, as a reference would. @throws {Refusal} when this manager can't decode it */
  described({ contentType, schema, schemaVersion, encoding }: EncryptionHeader): ParsedReference {
    const encodings = [...(encoding === undefined ? [] : encoding.split(",")), ENCRYPTION];
    const reference = { ...this.entry(encodings), contentType, schema, schemaVersion } as ParsedReference;
    assertTaken(reference, this.settings);
    return reference;
  }

  /** @throws {Refusal} when this manager takes only what is encrypted */
  assertTaken(): void {
    assertTaken(this.entry([]), this.settings);
  }

  /** Takes note that nothing more can be found out. @throws the error, where not even the digest was checked */
  leave(error: unknown): void {
    if (this.kind.digest === undefined) throw error;
    if (!(error instanceof Refusal) && !(isStorageError(error) && isUnknownKey(error))) throw error;
    this.isUnchecked = true;
  }

  /** @param bytes the object, or how it begins */
  isEncrypted(bytes: Uint8Array): boolean {
    if (!isEncrypted(bytes)) return false;
    // Bytes of a user's own may begin so too, where they are not encrypted.
    if (this.kind.holds !== "binary" || this.settings.codecs.problemOf([]) !== undefined) return true;
    try {
      return encryptedEntries(bytes).next().done !== true;
    } catch {
      return false;
    }
  }

  private async *encryptedValues(bytes: Uint8Array): AsyncGenerator<unknown, void, undefined> {
    for (const { bytes: entry, header } of encryptedEntries(bytes)) {
      try {
        const reference = this.described(header);
        const plain = await this.decoding.decode(entry, reference, this.signal);
        if (!isBinary(reference)) yield* this.stored(plain);
      } catch (error) {
        this.leave(error);
      }
    }
  }

  /** A StoredObject, as it is or compressed. */
  private async *envelope(bytes: Uint8Array): AsyncGenerator<unknown, void, undefined> {
    let plain: Uint8Array | undefined = bytes;
    // Each codec is applied once.
    for (let step = 0; plain !== undefined && !isObject(plain); step++) {
      plain = step === KNOWN_CODECS.length ? undefined : await this.decompressed(plain);
    }
    if (plain === undefined) this.isUnchecked = true;
    else yield* this.stored(plain);
  }

  /** @returns `undefined`: nobody can tell. @throws {StorageError} `DECODE_FAILED` when nothing gives such bytes */
  private async decompressed(bytes: Uint8Array): Promise<Uint8Array | undefined> {
    const { codecs } = this.settings;
    const magic = magicOf(bytes);
    const name = magic ?? "brotli";
    if (codecs.names.includes(name)) {
      try {
        return await this.decoding.decode(bytes, this.entry([name]), this.signal);
      } catch (error) {
        if (magic !== undefined || !isStorageError(error, "DECODE_FAILED")) throw error;
      }
    }
    if (magic === undefined) this.assertNoText(bytes);
    return undefined;
  }

  /** StoredObjects, some of them perhaps compressed, with a newline after each. */
  private async *packed(bytes: Uint8Array): AsyncGenerator<unknown, void, undefined> {
    let offset = 0;
    while (offset < bytes.byteLength) {
      const rest = bytes.subarray(offset);
      let size: number;
      if (isObject(rest)) {
        const end = rest.indexOf(NEWLINE);
        size = end === -1 ? rest.byteLength : end;
        yield* this.stored(rest.subarray(0, size));
      } else if (magicOf(rest) === "gzip" && this.settings.codecs.names.includes("gzip")) {
        const member = await this.gzip.first(rest, this.signal);
        size = member.byteLength;
        yield* this.envelope(member);
      } else {
        // Where this entry ends, and the next begins, only a reference tells.
        if (magicOf(rest) === undefined) this.assertNoText(rest);
        this.isUnchecked = true;
        return;
      }
      offset += size;
      if (offset < bytes.byteLength && bytes[offset++] !== NEWLINE) throw this.undecodable("it has no line end");
    }
  }

  private *stored(plain: Uint8Array): Generator<unknown, void, undefined> {
    const decoded = new EntryDecoder(plain).decode(this.entry([]));
    if ("object" in decoded && decoded.hasReserved) yield decoded.object.data;
  }

  // No compression gives UTF-8. What codecs of users' own give, nobody knows.
  private assertNoText(bytes: Uint8Array): void {
    const areKnown = this.settings.codecs.names.every((name) => KNOWN_CODECS.includes(name));
    if (areKnown && isUtf8(bytes)) throw this.undecodable("it is not a JSON object");
  }

  private undecodable(problem: string): StorageError {
    return new StorageError("DECODE_FAILED", `A stored object can't be decoded: ${problem}.`, { operation: "verify" });
  }

  private entry(encoding: readonly string[]): ParsedReference {
    return { dialect: "native", location: this.location, contentType: "application/json", encoding };
  }
}

function assertTaken(reference: ParsedReference, { codecs }: VerifySettings): void {
  try {
    assertDecodable(reference, codecs);
  } catch (error) {
    throw new Refusal(error as StorageError);
  }
}

function magicOf(bytes: Uint8Array): string | undefined {
  return MAGIC.find(([, magic]) => magic.equals(bytes.subarray(0, magic.byteLength)))?.[0];
}

/** Whether it begins as the JSON of an object does. */
function isObject(bytes: Uint8Array): boolean {
  for (const byte of bytes) {
    if (byte !== 0x20 && byte !== 0x09 && byte !== NEWLINE && byte !== 0x0d) return byte === BRACE;
  }
  return false;
}
