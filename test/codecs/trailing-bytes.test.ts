import zlib, { brotliCompressSync, gzipSync } from "node:zlib";
import { brotli } from "../../src/codecs/brotli.js";
import type { Codec, DecodeContext } from "../../src/codecs/codec.js";
import { gzip } from "../../src/codecs/gzip.js";
import { zstd } from "../../src/codecs/zstd.js";
import { failureOf } from "../support/failure.js";

const context: DecodeContext = {
  directory: "outputs/s",
  contentType: "application/octet-stream",
  encodings: [],
  maxBytes: 100_000,
  tooLarge: () => new Error("There are more bytes than there may be."),
  signal: new AbortController().signal,
};

const CODECS: [string, () => Codec, (text: string) => Uint8Array][] = [
  ["gzip", gzip, gzipSync],
  ["brotli", brotli, brotliCompressSync],
];
// Node has it from 22.15 and 23.8 on.
const { zstdCompressSync } = zlib as { zstdCompressSync?: (text: string) => Uint8Array };
if (zstdCompressSync !== undefined) CODECS.push(["zstd", zstd, zstdCompressSync]);

async function gathered(codec: Codec, bytes: Uint8Array, chunkSize: number): Promise<string> {
  async function* chunks(): AsyncGenerator<Uint8Array, void, undefined> {
    for (let from = 0; from < bytes.byteLength; from += chunkSize) {
      yield await Promise.resolve(bytes.subarray(from, from + chunkSize));
    }
  }
  const parts: Uint8Array[] = [];
  for await (const part of codec.decodeStream(chunks(), context)) parts.push(Uint8Array.from(part));
  return Buffer.concat(parts).toString();
}

describe.each(CODECS)("bytes behind the end of %s", (_name, create, compress) => {
  const codec = create();
  const text = "the data ".repeat(5);

  it.each([1, 5, 1000])("are none of an entry that is whole, in chunks of %d", async (chunkSize) => {
    await expect(codec.decode(compress(text), context)).resolves.toEqual(Buffer.from(text));
    await expect(gathered(codec, compress(text), chunkSize)).resolves.toBe(text);
  });

  it("are refused where they look like one more whole", async () => {
    const bytes = Buffer.concat([compress(text), Buffer.from("\0"), compress(text)]);
    expect(await failureOf(codec.decode(bytes, context))).toMatchObject({ code: "DECODE_FAILED" });
    for (const chunkSize of [1, 5, 1000]) {
      expect(await failureOf(gathered(codec, bytes, chunkSize))).toMatchObject({ code: "DECODE_FAILED" });
    }
  });

  it.each(["\0", "\0garbage", "garbage", "\0".repeat(40_000)])(
    "are refused in all ways to decode: %#",
    async (more) => {
      const bytes = Buffer.concat([compress(text), Buffer.from(more)]);
      expect(await failureOf(codec.decode(bytes, context))).toMatchObject({ code: "DECODE_FAILED" });
      for (const chunkSize of [1, 5, 100_000].filter((size) => size > 1 || bytes.byteLength < 1000)) {
        expect(await failureOf(gathered(codec, bytes, chunkSize))).toMatchObject({ code: "DECODE_FAILED" });
      }
    },
  );
});
