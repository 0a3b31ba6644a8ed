/** What an entry is besides its bytes: what an encryption binds them to. */
export interface EntryContext {
  /** The object path without its last segment: prefix and scope. */
  readonly directory: string;
  /** As the reference to the entry says. */
  readonly contentType: string;
  readonly schema?: string | undefined;
  readonly schemaVersion?: string | undefined;
  /** Names of the codecs that were applied before, in their order. */
  readonly encodings: readonly string[];
}

/** An entry that is decoded, and what that may cost. */
export interface DecodeContext extends EntryContext {
  /** Bytes that decoding may give; it ends as soon as there would be more. */
  readonly maxBytes: number;
  /** The error for more than `maxBytes`. */
  readonly tooLarge: () => Error;
  readonly signal: AbortSignal;
}

/** What decoding may cost. */
export type DecodeLimits = Pick<DecodeContext, "maxBytes" | "tooLarge" | "signal">;

/** Encodes the entries of one dehydration. */
export interface EntryEncoder {
  /** The encoded bytes; `undefined`: better left as they are. A promise for what takes long. */
  encode(bytes: Uint8Array, context: EntryContext): Uint8Array | undefined | Promise<Uint8Array | undefined>;
  /** Whether a stream that begins so is worth encoding. */
  gains(sample: Uint8Array): boolean | Promise<boolean>;
  /** The same for a stream, in the memory of its chunks, which may change once the next is asked for. */
  encodeStream(chunks: AsyncIterable<Uint8Array>, context: EntryContext): AsyncIterable<Uint8Array>;
}

/**
 * One step between an entry and its bytes as they are stored, such as a compression: {@link gzip}, {@link brotli},
 * {@link zstd}, {@link aes256gcm}. For the option `codecs` of a manager.
 */
export interface Codec {
  /** Its name in `$storageEncoding`: lower case letters, digits and `-`. */
  readonly name: string;
  /** Whether nobody without a key can read, or make, what it gives. */
  readonly encrypts: boolean;
  /** Whether entries are refused that it was not applied to. */
  readonly required: boolean;
  /** Whether it is there to decode what was encoded earlier, and encodes nothing. */
  readonly decodeOnly: boolean;
  /**
   * Bytes that all it gives begins with: `verifyPrefix` decodes what begins so, without a reference. Empty: it begins in
   * any way, but is never UTF-8. Absent: only references tell.
   */
  readonly magic?: Uint8Array | undefined;
  /**
   * How many of these bytes it gave at once: they begin with its `magic`, and others may follow. Absent: only references
   * tell. What it throws is `DECODE_FAILED`, but for `limits.tooLarge()`.
   */
  readonly measure?: ((bytes: Uint8Array, limits: DecodeLimits) => Promise<number>) | undefined;
  /** Makes ready for the entries of one dehydration: gets a key, for example. */
  prepare(signal: AbortSignal): EntryEncoder | Promise<EntryEncoder>;
  /** @throws {StorageError} `DECODE_FAILED`, `INTEGRITY`; `context.tooLarge()` */
  decode(bytes: Uint8Array, context: DecodeContext): Promise<Uint8Array>;
  /** The same for a stream. It reads to the end of `chunks` before it ends, so that what checks them has its say. */
  decodeStream(chunks: AsyncIterable<Uint8Array>, context: DecodeContext): AsyncIterable<Uint8Array>;
}
