import { isUtf8 } from "node:buffer";
import { isStorageError, StorageError } from "../../errors/error.js";
import type { Location } from "../../paths/location.js";
import { abortable, throwIfAborted } from "../../async/abort.js";
import type { Codec } from "../../codecs/codec.js";
import { encryptedEntries, type EncryptedEntry } from "../../codecs/aes256gcm/encrypted-entries.js";
import { isEncrypted } from "../../codecs/aes256gcm/encryption-header.js";
import { isUnknownKey } from "../../codecs/aes256gcm/encryption-keys.js";
import type { ParsedReference } from "../../reference/reference.js";
import { assertDecodable, decodeChunks } from "../../hydrate/decode-codecs.js";
import { EntryDecoder, isBinary } from "../../hydrate/decode-entry.js";
import type { EntryDecoding } from "../../hydrate/entry-decoding.js";
import type { Semaphore } from "../../store/layers/semaphore.js";
import type { VerifySettings } from "./verify-settings.js";
import type { ObjectKind } from "../../object/object-name.js";
import type { ObjectBody } from "./object-body.js";
import { Refusal } from "./report.js";

const NEWLINE = 0x0a;
const BRACE = 0x7b;

const TOO_LARGE = "The entries of an object of more than 16 MiB were not looked at.";

/**
 * The entries of an object, examined without the references to them. It decodes only entries that describe themselves.
 */
export class ObjectContents {
  /** Whether the object has a part for which only the digest could be checked. */
  isUnchecked = false;

  constructor(
    private readonly location: Location,
    private readonly kind: ObjectKind,
    private readonly settings: VerifySettings,
    private readonly decoding: EntryDecoding,
    private readonly measuring: Semaphore,
    private readonly signal: AbortSignal,
  ) {}

  /**
   * Yields the values in the object that may hold references.
   *
   * @param bytes the object, whose digest was checked
   * @throws {StorageError} `DECODE_FAILED`, `INTEGRITY`, the error of a key provider; {@link Refusal}
   */
  async *values(bytes: Uint8Array): AsyncGenerator<unknown, void, undefined> {
    const { holds, isReplacement } = this.kind;
    if (holds === "other") return;
    if (isReplacement || this.isEncrypted(bytes)) {
      yield* this.encryptedValues(bytes);
      return;
    }
    this.assertTaken(this.entry([]));
    if (holds === "envelope") yield* this.envelope(bytes);
    if (holds === "pack") yield* this.packed(bytes);
  }

  /**
   * Reads an object that is not held in memory. A single encrypted entry is decrypted while it is read. For any other
   * content, only the digest is checked.
   *
   * @param size size of the object in bytes
   * @throws {StorageError} `INTEGRITY`, `DECODE_FAILED`, the error of a key provider; {@link Refusal}
   */
  async readLong(body: ObjectBody, size: number): Promise<void> {
    const { holds, isReplacement } = this.kind;
    if (holds === "other") return;
    const { head } = body;
    if (!isReplacement && !this.isEncrypted(head)) {
      this.assertTaken(this.entry([]));
      this.isUnchecked = holds !== "binary";
      return;
    }
    const entry = encryptedEntries(head).next().value!;
    try {
      if (entry.size !== undefined && entry.size !== size)
        throw new Refusal(new StorageError("LIMIT_EXCEEDED", TOO_LARGE, { operation: "verify" }));
      const limits = { maxBytes: Infinity, tooLarge: () => new Error("There is always room."), signal: this.signal };
      const chunks = decodeChunks(body.chunks(), this.described(entry), this.settings.codecs, limits);
      while ((await chunks.next()).done !== true);
      this.isUnchecked = holds !== "binary";
    } catch (error) {
      this.leave(error);
    }
  }

  /**
   * Returns what a reference to an encrypted entry would say.
   *
   * @throws {Refusal} when this manager can't decode the entry
   */
  private described({ header: { contentType, schema, schemaVersion }, encodings }: EncryptedEntry): ParsedReference {
    const reference = {
      ...this.entry([...encodings, "aes256gcm"]),
      contentType,
      schema,
      schemaVersion,
    } as ParsedReference;
    this.assertTaken(reference);
    return reference;
  }

  /** @throws {Refusal} when this manager can't decode the entry, or must not */
  private assertTaken(reference: ParsedReference): void {
    try {
      assertDecodable(reference, this.settings.codecs);
    } catch (error) {
      throw new Refusal(error as StorageError);
    }
  }

  /**
   * Notes that nothing more can be checked.
   *
   * @throws the error, when not even the digest was checked, or when the error is neither a refusal nor a missing key
   */
  private leave(error: unknown): void {
    if (this.kind.digest === undefined) throw error;
    if (!(error instanceof Refusal) && !(isStorageError(error) && isUnknownKey(error))) throw error;
    this.isUnchecked = true;
  }

  /** @param bytes the object, or its first bytes */
  private isEncrypted(bytes: Uint8Array): boolean {
    if (!isEncrypted(bytes)) return false;
    // A user's own binary object may begin with the same bytes, where it is not encrypted.
    if (this.kind.holds !== "binary" || this.settings.codecs.problemOf([]) !== undefined) return true;
    try {
      return encryptedEntries(bytes).next().done !== true;
    } catch {
      return false;
    }
  }

  private async *encryptedValues(bytes: Uint8Array): AsyncGenerator<unknown, void, undefined> {
    for (const entry of encryptedEntries(bytes)) {
      try {
        const reference = this.described(entry);
        const plain = await this.decoding.decode(entry.bytes, reference, this.signal);
        if (!isBinary(reference)) yield* this.stored(plain);
      } catch (error) {
        this.leave(error);
      }
    }
  }

  /** Reads a StoredObject, plain or compressed. */
  private async *envelope(bytes: Uint8Array): AsyncGenerator<unknown, void, undefined> {
    let plain: Uint8Array | undefined = bytes;
    // Each codec is applied once.
    for (let left = this.settings.codecs.names.length; plain !== undefined && !isObject(plain); left--) {
      plain = left < 0 ? undefined : await this.decompressed(plain);
    }
    if (plain === undefined) this.isUnchecked = true;
    else yield* this.stored(plain);
  }

  /**
   * @returns `undefined` when nobody can tell
   *
   * @throws {StorageError} `DECODE_FAILED` when no codec produces such bytes
   */
  private async decompressed(bytes: Uint8Array): Promise<Uint8Array | undefined> {
    const codec = this.settings.codecs.recognise(bytes);
    if (codec !== undefined) {
      try {
        return await this.decoding.decode(bytes, this.entry([codec.name]), this.signal);
      } catch (error) {
        if (codec.magic!.byteLength > 0 || !isStorageError(error, "DECODE_FAILED")) throw error;
      }
    }
    this.assertNoText(bytes, codec);
    return undefined;
  }

  /** Reads StoredObjects with a newline after each. Some of them may be compressed. */
  private async *packed(bytes: Uint8Array): AsyncGenerator<unknown, void, undefined> {
    let offset = 0;
    while (offset < bytes.byteLength) {
      const rest = bytes.subarray(offset);
      const codec = this.settings.codecs.recognise(rest);
      let size: number;
      if (isObject(rest)) {
        const end = rest.indexOf(NEWLINE);
        size = end === -1 ? rest.byteLength : end;
        yield* this.stored(rest.subarray(0, size));
      } else if (codec?.measure !== undefined) {
        size = await this.measured(rest, codec);
        yield* this.envelope(rest.subarray(0, size));
      } else {
        // Only a reference tells where this entry ends and the next one begins.
        this.assertNoText(rest, codec);
        this.isUnchecked = true;
        return;
      }
      offset += size;
      if (offset < bytes.byteLength && bytes[offset++] !== NEWLINE) throw undecodable("it has no line end");
    }
  }

  private *stored(plain: Uint8Array): Generator<unknown, void, undefined> {
    const decoded = new EntryDecoder(plain).decode(this.entry([]));
    if ("object" in decoded && decoded.hasReserved) yield decoded.object.data;
  }

  /** Measures one entry at a time, because an entry may be a decompression bomb. */
  private async measured(bytes: Uint8Array, { name, measure }: Codec): Promise<number> {
    const { signal, settings } = this;
    const { maxBytes } = settings;
    const release = await this.measuring.acquire(signal);
    const tooLarge = (): StorageError => {
      const message = `An entry has more than ${maxBytes} bytes when it is decoded (maxBytes).`;
      return new StorageError("BUDGET_EXCEEDED", message, { operation: "verify" });
    };
    try {
      return await abortable(measure!(bytes, { maxBytes, tooLarge, signal }), signal);
    } catch (error) {
      throwIfAborted(signal);
      throw isStorageError(error, "BUDGET_EXCEEDED") ? error : undecodable(`it is not what ${name} gives`, error);
    } finally {
      release();
    }
  }

  private assertNoText(bytes: Uint8Array, codec: Codec | undefined): void {
    const isRecognised = codec !== undefined && codec.magic!.byteLength > 0;
    if (!isRecognised && this.settings.codecs.giveNoText && isUtf8(bytes)) throw undecodable("it is not a JSON object");
  }

  private entry(encoding: readonly string[]): ParsedReference {
    return { dialect: "native", location: this.location, contentType: "application/json", encoding };
  }
}

function undecodable(problem: string, cause?: unknown): StorageError {
  const message = `A stored object can't be decoded: ${problem}.`;
  return new StorageError("DECODE_FAILED", message, { operation: "verify", cause });
}

/** Returns whether bytes begin like the JSON of an object. */
function isObject(bytes: Uint8Array): boolean {
  for (const byte of bytes) {
    if (byte !== 0x20 && byte !== 0x09 && byte !== NEWLINE && byte !== 0x0d) return byte === BRACE;
  }
  return false;
}
