import { constants } from "node:buffer";
import { pipeline, type Transform } from "node:stream";
import { promisify } from "node:util";
import * as z from "zod/mini";
import { StorageError } from "../errors/error.js";
import type { Codec, DecodeContext, DecodeLimits, EntryEncoder } from "./codec.js";

/** Options that every compression has. */
export interface CompressionOptions {
  /** Size in bytes below which an entry is stored as it is, default 1024. */
  minSize?: number | undefined;
  /** Decodes entries that were compressed earlier, and compresses nothing; default false. */
  decodeOnly?: boolean | undefined;
}

export const compressionFields = {
  minSize: z._default(z.int().check(z.gte(0)), 1024),
  decodeOnly: z._default(z.boolean(), false),
};

/** The options of `node:zlib` calls that matter here. */
interface Limits {
  readonly chunkSize?: number;
  readonly maxOutputLength?: number;
  /** Returns a {@link Decompressed}, not the bytes alone. */
  readonly info?: boolean;
}

/** The result of `node:zlib`, and its engine, which knows how many bytes it has consumed. */
export interface Decompressed {
  readonly buffer: Buffer;
  readonly engine: { readonly bytesWritten: number };
}

type Whole = (bytes: Uint8Array, limits: Limits) => Buffer;
type WholeLater = (bytes: Uint8Array, limits: Limits, done: (error: Error | null, result: Buffer) => void) => void;

/** One algorithm of `node:zlib`. */
export interface Algorithm {
  readonly name: string;
  /** See {@link Codec.magic} and {@link Codec.measure}. */
  readonly magic: Uint8Array;
  readonly measure?: (bytes: Uint8Array, limits: DecodeLimits) => Promise<number>;
  readonly compressSync: Whole;
  readonly compress: WholeLater;
  readonly compressor: () => Transform;
  readonly decompressSync: Whole;
  readonly decompress: WholeLater;
  readonly decompressor: () => Transform & Decompressed["engine"];
  /**
   * Makes an object that follows the bytes to decompress. Used where the engine does not say whether they were one
   * complete frame.
   */
  readonly frame?: () => Frame;
}

interface Frame {
  readonly isWhole: boolean;
  take(bytes: Uint8Array): void;
}

// Maximum size for compressing on the main thread, which takes a millisecond or two. Handing thousands of entries to a
// thread would cost more.
const SMALL = 32_768;

// Maximum output of small bytes while nothing else has its turn. Most small entries stay below it.
const SMALL_OUTPUT = 262_144;

// Bytes of output in one chunk. With the 16 KiB of zlib, a large entry would go back and forth thousands of times.
const CHUNK_SIZE = 262_144;

// A stream is worth compressing when its beginning is.
const SAMPLE_SIZE = 65_536;

/** Compresses by an algorithm of `node:zlib`. */
export class Compression implements Codec, EntryEncoder {
  readonly name: string;
  readonly encrypts = false;
  readonly required = false;
  readonly decodeOnly: boolean;
  readonly magic: Uint8Array;
  readonly measure;
  private readonly compressLater;
  private readonly decompressLater;

  constructor(
    private readonly algorithm: Algorithm,
    private readonly options: { readonly minSize: number; readonly decodeOnly: boolean },
  ) {
    this.name = algorithm.name;
    this.magic = algorithm.magic;
    this.measure = algorithm.measure;
    this.decodeOnly = options.decodeOnly;
    this.compressLater = promisify(algorithm.compress);
    this.decompressLater = promisify(algorithm.decompress);
  }

  prepare(): EntryEncoder {
    return this;
  }

  encode(bytes: Uint8Array): Uint8Array | undefined | Promise<Uint8Array | undefined> {
    if (bytes.byteLength < this.options.minSize) return undefined;
    if (bytes.byteLength <= SMALL) return smaller(this.algorithm.compressSync(bytes, {}), bytes);
    return this.compressLater(bytes, { chunkSize: CHUNK_SIZE }).then((compressed) => smaller(compressed, bytes));
  }

  async gains(sample: Uint8Array): Promise<boolean> {
    if (sample.byteLength < this.options.minSize) return false;
    const beginning = sample.subarray(0, SAMPLE_SIZE);
    return smaller(await this.compressLater(beginning, { chunkSize: CHUNK_SIZE }), beginning) !== undefined;
  }

  encodeStream(chunks: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
    return through(copied(chunks), this.algorithm.compressor());
  }

  async decode(bytes: Uint8Array, context: DecodeContext): Promise<Uint8Array> {
    const { maxBytes, tooLarge } = context;
    if (bytes.byteLength <= SMALL) {
      const decoded = this.decodeSmall(bytes, Math.min(maxBytes, SMALL_OUTPUT));
      if (decoded !== undefined) return decoded;
      if (maxBytes <= SMALL_OUTPUT) throw tooLarge();
    }
    try {
      const limits = { chunkSize: CHUNK_SIZE, maxOutputLength: outputLimit(maxBytes), info: true };
      const decoded = this.decompressed(await this.decompressLater(bytes, limits), bytes);
      if (decoded.byteLength <= maxBytes) return decoded;
    } catch (error) {
      if (!isTooLarge(error)) throw this.undecodable(error);
    }
    throw tooLarge();
  }

  async *decodeStream(
    chunks: AsyncIterable<Uint8Array>,
    { maxBytes, tooLarge }: DecodeContext,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    const decompressor = this.algorithm.decompressor();
    const frame = this.algorithm.frame?.();
    let given = 0;
    async function* counted(): AsyncGenerator<Uint8Array, void, undefined> {
      for await (const chunk of chunks) {
        given += chunk.byteLength;
        frame?.take(chunk);
        yield chunk;
      }
    }
    let size = 0;
    try {
      for await (const chunk of through(counted(), decompressor)) {
        size += chunk.byteLength;
        if (size > maxBytes) throw tooLarge();
        yield chunk;
      }
      assertTaken(decompressor, given, frame);
    } catch (error) {
      throw error instanceof NotOneWhole || isZlibError(error) ? this.undecodable(error) : error;
    }
  }

  /** Decodes small bytes. Returns `undefined` when the result has more than `maxBytes`. */
  private decodeSmall(bytes: Uint8Array, maxBytes: number): Uint8Array | undefined {
    try {
      const limits = { maxOutputLength: outputLimit(maxBytes), info: true };
      const decoded = this.decompressed(this.algorithm.decompressSync(bytes, limits), bytes);
      return decoded.byteLength <= maxBytes ? decoded : undefined;
    } catch (error) {
      if (isTooLarge(error)) return undefined;
      throw this.undecodable(error);
    }
  }

  /** Returns the bytes of a {@link Decompressed} that was made of all of `bytes`. */
  private decompressed(result: unknown, bytes: Uint8Array): Buffer {
    const { buffer, engine } = result as Decompressed;
    const frame = this.algorithm.frame?.();
    frame?.take(bytes);
    assertTaken(engine, bytes.byteLength, frame);
    return buffer;
  }

  private undecodable(cause: unknown): StorageError {
    return new StorageError("DECODE_FAILED", `A stored object can't be decoded: it is not what ${this.name} gives.`, {
      operation: "hydrate",
      cause,
    });
  }
}

// Thrown for a truncated input, and for bytes behind the end. zlib ignores such bytes or fails, depending on the
// chunks. Here they are always refused.
class NotOneWhole extends Error {
  constructor() {
    super("It was cut short, or there are bytes behind its end.");
  }
}

/** @throws {NotOneWhole} unless all bytes were consumed, and were one complete frame */
function assertTaken({ bytesWritten }: Decompressed["engine"], byteLength: number, frame: Frame | undefined): void {
  if (bytesWritten !== byteLength || frame?.isWhole === false) throw new NotOneWhole();
}

function smaller(compressed: Uint8Array, bytes: Uint8Array): Uint8Array | undefined {
  return compressed.byteLength < bytes.byteLength ? compressed : undefined;
}

/** Returns a limit that zlib accepts. It accepts no limit of 0, and none above the maximum size of a Buffer. */
export function outputLimit(maxBytes: number): number {
  return Math.min(Math.max(maxBytes, 1), constants.MAX_LENGTH);
}

export function isTooLarge(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE";
}

// Errors of the library itself are Z_DATA_ERROR, ERR__ERROR_FORMAT_..., ZSTD_error_.... Other errors come from the
// source. The only one without a number is the error for a chunk behind the end that begins like another frame.
function isZlibError(error: unknown): boolean {
  const { code, errno } = error as NodeJS.ErrnoException;
  return code === "ERR_STREAM_PUSH_AFTER_EOF" || (typeof errno === "number" && /^(?:Z_|ERR_|ZSTD_)/.test(code ?? ""));
}

/**
 * Copies chunks. A consumer that reads ahead must not see memory that the next chunk reuses. An empty chunk is left
 * out, because it would make two ends for zstd.
 */
async function* copied(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const chunk of chunks) if (chunk.byteLength > 0) yield new Uint8Array(chunk);
}

/** Yields the output of a transform. It ends when `chunks` have ended too, and closes them when nobody reads on. */
async function* through(
  chunks: AsyncIterable<Uint8Array>,
  transform: Transform,
): AsyncGenerator<Uint8Array, void, undefined> {
  let failure: Error | null | undefined;
  const end = new Promise<void>((resolve) => {
    pipeline(chunks, transform, (error) => {
      failure = error;
      resolve();
    });
  });
  try {
    // The transform is not destroyed at its end, because it may have ended before the chunks have.
    for await (const chunk of transform.iterator({ destroyOnReturn: false })) yield chunk as Uint8Array;
    await end;
  } catch (error) {
    failure ??= error as Error;
  } finally {
    transform.destroy();
  }
  if (failure) throw failure;
}
