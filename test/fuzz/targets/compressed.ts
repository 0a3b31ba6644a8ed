import zlib, { brotliCompressSync, gzipSync } from "node:zlib";
import { brotli } from "../../../src/codecs/brotli.js";
import type { EntryContext } from "../../../src/codecs/codec.js";
import { gzip } from "../../../src/codecs/gzip.js";
import { zstd } from "../../../src/codecs/zstd.js";
import { bytesFormat } from "../format/bytes.js";
import { decodedBothWays, MAX_DECODED_BYTES } from "../model/decoding.js";
import { defineTarget } from "../target.js";

const codecs = [gzip(), brotli(), "zstdCompress" in zlib ? zstd() : gzip()];
const ENTRY: EntryContext = { directory: "outputs/s", contentType: "application/json", encodings: [] };

const seed = (algorithm: number, bytes: Uint8Array): Uint8Array => Buffer.concat([Buffer.of(algorithm), bytes]);
const text = Buffer.from('{"contentType":"json","data":["a","b","ab"]}');

/** A byte that says which algorithm and how large chunks are, and compressed bytes. */
export const target = defineTarget<Uint8Array>({
  format: bytesFormat,
  isLinear: false, // what comes out is bounded by a budget
  seeds: [
    seed(0, gzipSync(text)),
    seed(3, Buffer.concat([gzipSync(text), gzipSync("b")])),
    seed(0, gzipSync(Buffer.alloc(MAX_DECODED_BYTES))),
    seed(0, gzipSync(Buffer.alloc(MAX_DECODED_BYTES + 1))),
    seed(1, brotliCompressSync(text)),
    seed(4, brotliCompressSync(Buffer.alloc(1_000_000))),
    seed(2, Buffer.from("28b52ffd2002110000 6869".replace(" ", ""), "hex")),
    seed(0, Buffer.alloc(0)),
  ],
  async run(input) {
    const [kind = 0] = input;
    const codec = codecs[kind % 3]!;
    await decodedBothWays(codec, input.subarray(1), ENTRY, 1 + (kind >> 2));
  },
});
