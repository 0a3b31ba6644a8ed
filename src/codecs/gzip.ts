import zlib from "node:zlib";
import * as z from "zod/mini";
import type { Codec } from "./codec.js";
import { parseOptions } from "../options/parse-options.js";
import { Compression, compressionFields, type CompressionOptions } from "./compression.js";

/** Options of {@link gzip}. */
export interface GzipOptions extends CompressionOptions {
  /** 1 (fast) to 9 (small), default 6. */
  level?: number | undefined;
}

const schema = z.strictObject({ ...compressionFields, level: z._default(z.int().check(z.gte(1), z.lte(9)), 6) });

/**
 * Compresses entries by gzip (RFC 1952), which every language reads. An entry that does not get smaller is stored as it is.
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
