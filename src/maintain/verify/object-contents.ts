import { isUtf8 } from "node:buffer";
import { isStorageError, StorageError } from "../../errors/error.js";
import type { Location } from "../../paths/location.js";
import { abortable, throwIfAborted } from "../../async/abort.js";
import type { Codec } from "../../codecs/codec.js";
import { encryptedEntries, type EncryptedEntry } from "../../codecs/aes256gcm/encrypted-entries.js";
import { isEncrypted } from "../../codecs/aes256gcm/encryption-header.js";
import { isUnknownKey } from "../../codecs/aes256gcm/encryption-keys.js";
import type { ParsedReference } from "../../reference/reference.js";
import { assertDecodable } from "../../hydrate/decode-codecs.js";
import { EntryDecoder, isBinary } from "../../hydrate/decode-entry.js";
import type { EntryDecoding } from "../../hydrate/entry-decoding.js";
import type { Semaphore } from "../../store/layers/semaphore.js";
import type { VerifySettings } from "./verify-settings.js";
import type { ObjectKind } from "../../object/object-name.js";
import { Refusal } from "./report.js";

const NEWLINE = 0x0a;
const BRACE = 0x7b;

/** The entries of an object, looked at without the references to them: as far as they tell themselves what they are. */
export class ObjectContents {
  /** Whether there is something of which only the digest is known to be right. */
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

  /** What a reference to an encrypted entry would say. @throws {Refusal} when this manager can't decode it */
  described({ header: { contentType, schema, schemaVersion }, encodings }: EncryptedEntry): ParsedReference {
    const reference = {
      ...this.entry([...encodings, "aes256gcm"]),
      contentType,
      schema,
      schemaVersion,
    } as ParsedReference;
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

  /** A StoredObject, as it is or compressed. */
  private async *envelope(bytes: Uint8Array): AsyncGenerator<unknown, void, undefined> {
    let plain: Uint8Array | undefined = bytes;
    // Each codec is applied once.
    for (let left = this.settings.codecs.names.length; plain !== undefined && !isObject(plain); left--) {
      plain = left < 0 ? undefined : await this.decompressed(plain);
    }
    if (plain === undefined) this.isUnchecked = true;
    else yield* this.stored(plain);
  }

  /** @returns `undefined`: nobody can tell. @throws {StorageError} `DECODE_FAILED` when nothing gives such bytes */
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

  /** StoredObjects, some of them perhaps compressed, with a newline after each. */
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
        // Where this entry ends, and the next begins, only a reference tells.
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

  /** One at a time, since what is measured may be a bomb. */
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

function assertTaken(reference: ParsedReference, { codecs }: VerifySettings): void {
  try {
    assertDecodable(reference, codecs);
  } catch (error) {
    throw new Refusal(error as StorageError);
  }
}

/** Whether it begins as the JSON of an object does. */
function isObject(bytes: Uint8Array): boolean {
  for (const byte of bytes) {
    if (byte !== 0x20 && byte !== 0x09 && byte !== NEWLINE && byte !== 0x0d) return byte === BRACE;
  }
  return false;
}
