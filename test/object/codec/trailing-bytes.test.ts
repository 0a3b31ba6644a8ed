import { brotliCompressSync } from "node:zlib";
import { brotli } from "../../../src/object/codec/brotli.js";
import type { DecodeContext } from "../../../src/object/codec/codec.js";

const context: DecodeContext = {
  directory: "outputs/s",
  contentType: "application/octet-stream",
  encodings: [],
  maxBytes: 1000,
  tooLarge: () => new Error("There are more bytes than there may be."),
  signal: new AbortController().signal,
};

describe("bytes behind the end of a Brotli stream", () => {
  // zlib does not mind them; what checks the whole entry has its say at its end.
  it.each([1, 2, 7, 1000])("are read to their end, also in chunks of %d", async (chunkSize) => {
    const bytes = Buffer.concat([brotliCompressSync("the data"), Buffer.from("something else")]);
    await expect(brotli().decode(bytes, context)).resolves.toEqual(Buffer.from("the data"));

    let given = 0;
    async function* chunks(): AsyncGenerator<Uint8Array, void, undefined> {
      for (; given < bytes.byteLength; given += chunkSize) {
        yield await Promise.resolve(bytes.subarray(given, given + chunkSize));
      }
    }
    const parts: Uint8Array[] = [];
    for await (const part of brotli().decodeStream(chunks(), context)) parts.push(Uint8Array.from(part));
    expect(Buffer.concat(parts).toString()).toBe("the data");
    expect(given).toBeGreaterThanOrEqual(bytes.byteLength);
  });
});
