import { clock, hasMethods } from "../../options/fields.js";
import { setImmediate as nextTurn } from "node:timers/promises";
import * as z from "zod/mini";
import { systemClock, type Clock } from "../../async/clock.js";
import { StorageError } from "../../errors/error.js";
import { parseOptions, uncheckedOption } from "../../options/parse-options.js";
import type { Codec, DecodeContext, EntryContext, EntryEncoder } from "../codec.js";
import {
  associatedData,
  encodeHeader,
  MAGIC,
  parseHeader,
  type EncryptionHeader,
  type ParsedHeader,
  type ReplacedEntry,
} from "./encryption-header.js";
import {
  GivenKeys,
  isKey,
  isKeyId,
  ProvidedKeys,
  type ActiveKey,
  type EncryptionKeys,
  type KeyProvider,
} from "./encryption-keys.js";
import { opened, sealed } from "./sealed-stream.js";
import {
  HEADER_SIZE,
  NotAuthentic,
  sealedSegmentSize,
  sealedSize,
  SegmentOpener,
  SegmentSealer,
  segmentRoom,
} from "./streaming-aead.js";

interface EncryptionOptions {
  /**
   * Accepts entries that are not encrypted too, while older ones exist. Default false: such entries fail with
   * `DECODE_FAILED`.
   */
  allowUnencrypted?: boolean | undefined;
}

/** Options of {@link aes256gcm} with given keys. */
export interface GivenKeysOptions extends EncryptionOptions {
  /**
   * Keys of 32 bytes by their ids. The id is stored with every entry. To rotate keys, add a new one, and drop the old
   * key when no entry uses it.
   */
  keys: Readonly<Record<string, Uint8Array>>;
  /** Id of the key that encrypts. */
  activeKeyId: string;
}

/** Options of {@link aes256gcm} with keys of a key management service. */
export interface KeyProviderOptions extends EncryptionOptions {
  keys: KeyProvider;
  /** Milliseconds for which a data key is used before the provider is asked for another one, default 300000. */
  dataKeyTtl?: number | undefined;
  /** Source of the time, default the system's clock. */
  clock?: Clock | undefined;
}

/** Options of {@link aes256gcm}: given keys, or a service that keeps the keys. */
export type Aes256GcmOptions = GivenKeysOptions | KeyProviderOptions;

const allowUnencrypted = z._default(z.boolean(), false);
const isKeyProvider = hasMethods("generateDataKey", "decryptDataKey") as (value: unknown) => value is KeyProvider;
const givenKeysSchema = z
  .strictObject({
    keys: z.record(
      z.string().check(z.refine(isKeyId, "must be an id of printable ASCII")),
      z.custom<Uint8Array>(isKey, "must be a Uint8Array of 32 bytes"),
    ),
    activeKeyId: z.string(),
    allowUnencrypted,
  })
  .check(
    z.refine(({ keys, activeKeyId }) => Object.hasOwn(keys, activeKeyId), {
      path: ["activeKeyId"],
      error: "must be the id of one of the keys",
    }),
  );
const keyProviderSchema = z.strictObject({
  keys: z.custom<KeyProvider>(isKeyProvider),
  dataKeyTtl: z._default(z.int().check(z.gte(0)), 300_000),
  clock: z._default(clock, systemClock),
  allowUnencrypted,
});

/**
 * Encrypts entries by AES256-GCM-HKDF-1MB, the streaming encryption of Tink. Each entry has a derived key of its own,
 * and authenticated segments.
 *
 * An entry is bound to the prefix and scope in which it lies, to content type, schema and the codecs before it. An
 * entry that was moved elsewhere, or is referred to as something else, fails with `INTEGRITY`. Put the codec after
 * compression. Values that stay in the payload are not encrypted. Paths, sizes and schema names are not encrypted
 * either.
 *
 * @throws {StorageError} `CONFIG_INVALID`
 * @example
 * new StorageManager({ store, codecs: [gzip(), aes256gcm({ keys: { "2026-11": key }, activeKeyId: "2026-11" })] });
 */
export function aes256gcm(options: Aes256GcmOptions): Codec {
  if (isKeyProvider(uncheckedOption(options, "keys"))) {
    const { keys, dataKeyTtl, clock, ...others } = parseOptions(keyProviderSchema, options, "aes256gcm");
    return new Encryption(new ProvidedKeys(keys, dataKeyTtl, clock), others.allowUnencrypted);
  }
  const given = parseOptions(givenKeysSchema, options, "aes256gcm");
  return new Encryption(new GivenKeys(given.keys, given.activeKeyId), given.allowUnencrypted);
}

// Number of segments that are processed before other work has its turn: about 5 ms.
const SEGMENTS_A_TURN = 8;

// Shared by the ESM and the CommonJS build, so that each build recognises codecs of the other.
const BRAND = Symbol.for("coatcheck.Encryption");

/** Returns whether a codec was made by {@link aes256gcm}, of either module format. */
export function isEncryption(codec: Codec): codec is Encryption {
  return BRAND in codec;
}

/** The codec that {@link aes256gcm} makes. */
export class Encryption implements Codec {
  readonly name = "aes256gcm";
  readonly encrypts = true;
  readonly magic = MAGIC;
  readonly decodeOnly = false;
  readonly required: boolean;
  readonly #keys: EncryptionKeys;

  constructor(keys: EncryptionKeys, isUnencryptedAllowed: boolean) {
    this.#keys = keys;
    this.required = !isUnencryptedAllowed;
  }

  static {
    Object.defineProperty(this.prototype, BRAND, { value: true });
  }

  async prepare(): Promise<Encryptor> {
    return new Encryptor(await this.#keys.active());
  }

  async decode(bytes: Uint8Array, context: DecodeContext): Promise<Uint8Array> {
    const parsed = parseHeader(bytes);
    const sealedBytes = bytes.subarray(parsed.bytes.byteLength);
    if (sealedBytes.byteLength > sealedSize(context.maxBytes)) throw context.tooLarge();
    const opener = await this.opener(parsed, sealedBytes.subarray(0, HEADER_SIZE), context);
    return authenticated(() => openWhole(opener, sealedBytes.subarray(HEADER_SIZE)));
  }

  async *decodeStream(
    chunks: AsyncIterable<Uint8Array>,
    context: DecodeContext,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    let size = 0;
    try {
      for await (const plaintext of opened(chunks, (header, start) => this.opener(header, start, context))) {
        size += plaintext.byteLength;
        if (size > context.maxBytes) throw context.tooLarge();
        yield plaintext;
      }
    } catch (error) {
      throw error instanceof NotAuthentic ? notAuthentic() : error;
    }
  }

  private async opener(
    { header, bytes }: ParsedHeader,
    sealedHeader: Uint8Array,
    context: EntryContext,
  ): Promise<SegmentOpener> {
    if (!isOf(header, context)) {
      throw new StorageError("INTEGRITY", "A stored object was encrypted as something else than its reference says.", {
        operation: "hydrate",
      });
    }
    const key = await this.#keys.find(header.keyId, header.wrappedKey);
    return authenticated(() => new SegmentOpener(key, associatedData(context, bytes), sealedHeader));
  }
}

/** Encrypts with one key. */
export class Encryptor implements EntryEncoder {
  readonly #active: ActiveKey;

  constructor(active: ActiveKey) {
    this.#active = active;
  }

  /** Returns whether an entry was encrypted with this key, or with a data key that this key encrypted. */
  madeBySameKey({ keyId, wrappedKey }: EncryptionHeader): boolean {
    return keyId === this.#active.keyId && (wrappedKey === undefined) === (this.#active.wrappedKey === undefined);
  }

  /**
   * @param replaces the entry whose place the new one takes, when it was encrypted before
   * @param random for known-answer tests only
   */
  encode(
    bytes: Uint8Array,
    context: EntryContext,
    replaces?: ReplacedEntry,
    random?: Uint8Array,
  ): Buffer | Promise<Buffer> {
    const header = this.header(context, sealedSize(bytes.byteLength), replaces);
    const sealer = new SegmentSealer(this.#active.key, associatedData(context, header), random);
    if (bytes.byteLength <= segmentRoom(0)) {
      return Buffer.concat([header, sealer.header, sealer.seal(bytes, true)]);
    }
    return sealWhole(sealer, bytes, header);
  }

  gains(): boolean {
    return true;
  }

  encodeStream(
    chunks: AsyncIterable<Uint8Array>,
    context: EntryContext,
    replaces?: ReplacedEntry,
  ): AsyncIterable<Uint8Array> {
    const header = this.header(context, undefined, replaces);
    return sealed(chunks, header, new SegmentSealer(this.#active.key, associatedData(context, header)));
  }

  private header(context: EntryContext, size: number | undefined, replaces: ReplacedEntry | undefined): Buffer {
    const { keyId, wrappedKey } = this.#active;
    const { contentType, schema, schemaVersion, encodings } = context;
    const encoding = encodings.length === 0 ? undefined : encodings.join(",");
    return encodeHeader({
      keyId,
      wrappedKey,
      contentType,
      schema,
      schemaVersion,
      encoding,
      sealedSize: size,
      replaces,
    });
  }
}

function isOf(header: EncryptionHeader, { contentType, schema, schemaVersion, encodings }: EntryContext): boolean {
  return (
    header.contentType === contentType &&
    header.schema === schema &&
    header.schemaVersion === schemaVersion &&
    (header.encoding ?? "") === encodings.join(",")
  );
}

async function sealWhole(sealer: SegmentSealer, bytes: Uint8Array, header: Buffer): Promise<Buffer> {
  const parts = [header, sealer.header];
  let start = 0;
  for (let index = 0; start < bytes.byteLength; index++) {
    const end = Math.min(start + segmentRoom(index), bytes.byteLength);
    parts.push(sealer.seal(bytes.subarray(start, end), end === bytes.byteLength));
    start = end;
    if (index % SEGMENTS_A_TURN === SEGMENTS_A_TURN - 1) await nextTurn();
  }
  return Buffer.concat(parts);
}

async function openWhole(opener: SegmentOpener, segments: Uint8Array): Promise<Buffer> {
  const parts: Buffer[] = [];
  let start = 0;
  for (let index = 0; ; index++) {
    const end = Math.min(start + sealedSegmentSize(index), segments.byteLength);
    const isLast = end === segments.byteLength;
    parts.push(opener.open(segments.subarray(start, end), isLast));
    if (isLast) return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
    start = end;
    if (index % SEGMENTS_A_TURN === SEGMENTS_A_TURN - 1) await nextTurn();
  }
}

async function authenticated<T>(open: () => T | Promise<T>): Promise<T> {
  try {
    return await open();
  } catch (error) {
    throw error instanceof NotAuthentic ? notAuthentic() : error;
  }
}

function notAuthentic(): StorageError {
  return new StorageError(
    "INTEGRITY",
    "A stored object is not what was encrypted: it was changed, cut short, or is from another scope. Restore it, or dehydrate the payload again.",
    { operation: "hydrate" },
  );
}
