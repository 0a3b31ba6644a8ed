import zlib from "node:zlib";
import * as z from "zod/mini";
import type { Codec } from "./codec.js";
import { parseOptions } from "../options/parse-options.js";
import { Compression, compressionFields, type CompressionOptions } from "./compression.js";

/** Options of {@link brotli}. */
export interface BrotliOptions extends CompressionOptions {
  /** 0 (fast) to 11 (small), default 5. Level 11 takes about fifty times as long, for a tenth less. */
  quality?: number | undefined;
}

const schema = z.strictObject({ ...compressionFields, quality: z._default(z.int().check(z.gte(0), z.lte(11)), 5) });

/**
 * Compresses entries with Brotli (RFC 7932). An entry that does not get smaller is stored as it is.
 *
 * @throws {StorageError} `CONFIG_INVALID`
 * @example
 * new StorageManager({ store, codecs: [brotli({ quality: 4 })] });
 */
export function brotli(options: BrotliOptions = {}): Codec {
  const { quality, ...common } = parseOptions(schema, options, "brotli");
  const params = { [zlib.constants.BROTLI_PARAM_QUALITY]: quality };
  return new Compression(
    {
      name: "brotli",
      magic: new Uint8Array(0),
      compressSync: (bytes, limits) => zlib.brotliCompressSync(bytes, { ...limits, params }),
      compress: (bytes, limits, done) => zlib.brotliCompress(bytes, { ...limits, params }, done),
      compressor: () => zlib.createBrotliCompress({ params }),
      decompressSync: (bytes, limits) => zlib.brotliDecompressSync(bytes, limits),
      decompress: (bytes, limits, done) => zlib.brotliDecompress(bytes, limits, done),
      decompressor: () => zlib.createBrotliDecompress(),
    },
    common,
  );
}
