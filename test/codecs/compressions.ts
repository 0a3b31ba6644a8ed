import zlib from "node:zlib";
import { brotli } from "../../src/codecs/brotli.js";
import type { Codec } from "../../src/codecs/codec.js";
import { gzip } from "../../src/codecs/gzip.js";
import { zstd } from "../../src/codecs/zstd.js";

/** Whether this Node has Zstandard. */
export const HAS_ZSTD = "zstdCompress" in zlib;

interface CompressionUnderTest {
  readonly name: string;
  readonly make: (options?: { minSize?: number; decodeOnly?: boolean }) => Codec;
  /** What another implementation would give: the library itself. */
  readonly pack: (bytes: Uint8Array) => Buffer;
}

type ZstdOfNode = { zstdCompressSync(bytes: Uint8Array): Buffer };

/** Every compression that this Node has. */
export const COMPRESSIONS: readonly CompressionUnderTest[] = [
  { name: "gzip", make: gzip, pack: (bytes) => zlib.gzipSync(bytes) },
  {
    name: "brotli",
    make: brotli,
    pack: (bytes) => zlib.brotliCompressSync(bytes, { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 5 } }),
  },
  ...(HAS_ZSTD
    ? [
        {
          name: "zstd",
          make: zstd,
          pack: (bytes: Uint8Array) => (zlib as unknown as ZstdOfNode).zstdCompressSync(bytes),
        },
      ]
    : []),
];
