/** The facts about an entry besides its bytes. An encryption binds the bytes to them. */
export interface EntryContext {
  /** The object path without its last segment: prefix and scope. */
  readonly directory: string;
  /** The content type in the reference to the entry. */
  readonly contentType: string;
  readonly schema?: string | undefined;
  readonly schemaVersion?: string | undefined;
  /** Names of the codecs that were applied before, in their order. */
  readonly encodings: readonly string[];
}

/** An entry that is decoded, and the limits of decoding. */
export interface DecodeContext extends EntryContext {
  /** Maximum size of the decoded bytes. Decoding ends as soon as there would be more. */
  readonly maxBytes: number;
  /** Makes the error for more than `maxBytes`. */
  readonly tooLarge: () => Error;
  readonly signal: AbortSignal;
}

/** The limits of decoding. */
export type DecodeLimits = Pick<DecodeContext, "maxBytes" | "tooLarge" | "signal">;

/** Encodes the entries of one dehydration. */
export interface EntryEncoder {
  /**
   * Encodes bytes. Returns `undefined` when the bytes should stay as they are, and a promise when encoding takes long.
   */
  encode(bytes: Uint8Array, context: EntryContext): Uint8Array | undefined | Promise<Uint8Array | undefined>;
  /** Returns whether a stream with this beginning is worth encoding. */
  gains(sample: Uint8Array): boolean | Promise<boolean>;
  /**
   * Does the same for a stream, chunk by chunk. The memory of a chunk may be reused after the next chunk is requested.
   */
  encodeStream(chunks: AsyncIterable<Uint8Array>, context: EntryContext): AsyncIterable<Uint8Array>;
}

/**
 * One step between an entry and its stored bytes, such as a compression: {@link gzip}, {@link brotli}, {@link zstd},
 * {@link aes256gcm}. For the option `codecs` of a manager.
 */
export interface Codec {
  /** Its name in `$storageEncoding`: lower case letters, digits and `-`. */
  readonly name: string;
  /** Whether its output can be read or made only with a key. */
  readonly encrypts: boolean;
  /** Whether a manager refuses entries to which this codec was not applied. */
  readonly required: boolean;
  /** Whether the codec only decodes older entries, and encodes nothing. */
  readonly decodeOnly: boolean;
  /**
   * The bytes with which all its output begins. `verifyPrefix` decodes bytes with this beginning without a reference.
   * An empty magic means that the output begins in any way, but is never UTF-8. Without a magic, only references tell.
   */
  readonly magic?: Uint8Array | undefined;
  /**
   * Returns how many of these bytes the codec produced in one go. They begin with its `magic`, and others may follow.
   * Without this method, only references tell. Its errors become `DECODE_FAILED`, except `limits.tooLarge()`.
   */
  readonly measure?: ((bytes: Uint8Array, limits: DecodeLimits) => Promise<number>) | undefined;
  /** Prepares for the entries of one dehydration. For example, it fetches a key. */
  prepare(signal: AbortSignal): EntryEncoder | Promise<EntryEncoder>;
  /** @throws {StorageError} `DECODE_FAILED`, `INTEGRITY`; `context.tooLarge()` */
  decode(bytes: Uint8Array, context: DecodeContext): Promise<Uint8Array>;
  /**
   * Does the same for a stream. It reads `chunks` to their end before it ends, so that a check of the chunks can fail.
   */
  decodeStream(chunks: AsyncIterable<Uint8Array>, context: DecodeContext): AsyncIterable<Uint8Array>;
}
