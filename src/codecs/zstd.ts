import type { Transform } from "node:stream";
import zlib from "node:zlib";
import * as z from "zod/mini";
import { StorageError } from "../errors/error.js";
import type { Codec } from "./codec.js";
import { MAGIC, ZstdFrame } from "./zstd-frame.js";
import { parseOptions } from "../options/parse-options.js";
import { Compression, compressionFields, type Algorithm, type CompressionOptions } from "./compression.js";

/** Options of {@link zstd}. */
export interface ZstdOptions extends CompressionOptions {
  /** 1 (fast) to 19 (small), default 3. */
  level?: number | undefined;
}

const schema = z.strictObject({ ...compressionFields, level: z._default(z.int().check(z.gte(1), z.lte(19)), 3) });

/** The additional functions of `node:zlib` from Node 22.15 and 23.8 on. */
interface ZstdOfNode {
  readonly constants: { readonly ZSTD_c_compressionLevel: number };
  zstdCompressSync(bytes: Uint8Array, options: object): Buffer;
  zstdDecompressSync(bytes: Uint8Array, options: object): Buffer;
  readonly zstdCompress: (bytes: Uint8Array, options: object, done: Parameters<Algorithm["compress"]>[2]) => void;
  readonly zstdDecompress: (bytes: Uint8Array, options: object, done: Parameters<Algorithm["compress"]>[2]) => void;
  createZstdCompress(options: object): Transform;
  createZstdDecompress(): ReturnType<Algorithm["decompressor"]>;
}

/**
 * Compresses entries with Zstandard (RFC 8878). An entry that does not get smaller is stored as it is. Node supports
 * it from 22.15 and 23.8 on.
 *
 * @throws {StorageError} `UNSUPPORTED` where Node does not support it, `CONFIG_INVALID`
 * @example
 * new StorageManager({ store, codecs: [zstd()] });
 */
export function zstd(options: ZstdOptions = {}): Codec {
  const { level, ...common } = parseOptions(schema, options, "zstd");
  if (!("zstdCompress" in zlib)) {
    throw new StorageError(
      "UNSUPPORTED",
      `Node ${process.versions.node} has no Zstandard: it comes with 22.15 and 23.8. Use gzip() or brotli().`,
      { operation: "configure" },
    );
  }
  const node = zlib as unknown as ZstdOfNode;
  const params = { [node.constants.ZSTD_c_compressionLevel]: level };
  return new Compression(
    {
      name: "zstd",
      magic: MAGIC,
      compressSync: (bytes, limits) => node.zstdCompressSync(bytes, { ...limits, params }),
      compress: (bytes, limits, done) => node.zstdCompress(bytes, { ...limits, params }, done),
      // One chunk at a time. If the end is signalled while the last chunk waits, Node writes an empty frame after the
      // data. Node does not read such a frame itself (seen in 24).
      compressor: () => node.createZstdCompress({ params, writableHighWaterMark: 1 }),
      decompressSync: (bytes, limits) => node.zstdDecompressSync(bytes, limits),
      decompress: (bytes, limits, done) => node.zstdDecompress(bytes, limits, done),
      decompressor: () => node.createZstdDecompress(),
      frame: () => new ZstdFrame(),
    },
    common,
  );
}
