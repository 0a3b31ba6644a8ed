import { promisify } from "node:util";
import zlib from "node:zlib";
import * as z from "zod/mini";
import type { Codec, DecodeLimits } from "./codec.js";
import { parseOptions } from "../options/parse-options.js";
import {
  Compression,
  compressionFields,
  isTooLarge,
  outputLimit,
  type CompressionOptions,
  type Decompressed,
} from "./compression.js";

/** Options of {@link gzip}. */
export interface GzipOptions extends CompressionOptions {
  /** 1 (fast) to 9 (small), default 6. */
  level?: number | undefined;
}

const schema = z.strictObject({ ...compressionFields, level: z._default(z.int().check(z.gte(1), z.lte(9)), 6) });

/**
 * Compresses entries with gzip (RFC 1952), which every language reads. An entry that does not get smaller is stored as
 * it is.
 *
 * @throws {StorageError} `CONFIG_INVALID`
 * @example
 * new StorageManager({ store, codecs: [gzip()] });
 */
export function gzip(options: GzipOptions = {}): Codec {
  const { level, ...common } = parseOptions(schema, options, "gzip");
  return new Compression(
    {
      name: "gzip",
      magic: Buffer.of(0x1f, 0x8b),
      measure: memberSize,
      compressSync: (bytes, limits) => zlib.gzipSync(bytes, { ...limits, level }),
      compress: (bytes, limits, done) => zlib.gzip(bytes, { ...limits, level }, done),
      compressor: () => zlib.createGzip({ level }),
      decompressSync: (bytes, limits) => zlib.gunzipSync(bytes, limits),
      decompress: (bytes, limits, done) => zlib.gunzip(bytes, limits, done),
      decompressor: () => zlib.createGunzip(),
    },
    common,
  );
}

// RFC 1952, section 2.3. A header has 10 bytes, with the flags in the fourth, and more bytes if the flags say so. The
// checksum and size of the content follow the content.
const HEADER_SIZE = 10;
const FLAGS_AT = 3;
const FLAGS = { headerChecksum: 2, extra: 4, name: 8, comment: 16 };
const TRAILER_SIZE = 8;

const inflate = promisify(zlib.inflateRaw);

/** Returns the size in bytes of the first member. Others may follow. Only decompressing finds its end. */
async function memberSize(bytes: Uint8Array, { maxBytes, tooLarge }: DecodeLimits): Promise<number> {
  const start = headerSize(bytes);
  try {
    const limits = { info: true, maxOutputLength: outputLimit(maxBytes) };
    const inflated: unknown = await inflate(bytes.subarray(start), limits);
    return start + (inflated as Decompressed).engine.bytesWritten + TRAILER_SIZE;
  } catch (error) {
    throw isTooLarge(error) ? tooLarge() : error;
  }
}

function headerSize(bytes: Uint8Array): number {
  const flags = bytes[FLAGS_AT] ?? 0;
  let size = HEADER_SIZE;
  if (flags & FLAGS.extra) size += 2 + (bytes[size] ?? 0) + 256 * (bytes[size + 1] ?? 0);
  if (flags & FLAGS.name) size = bytes.indexOf(0, size) + 1 || bytes.byteLength;
  if (flags & FLAGS.comment) size = bytes.indexOf(0, size) + 1 || bytes.byteLength;
  return flags & FLAGS.headerChecksum ? size + 2 : size;
}
