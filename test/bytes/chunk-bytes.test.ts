import vm from "node:vm";
import fc from "fast-check";
import { ChunkBytes } from "../../src/bytes/chunk-bytes.js";
import { codePoint } from "../support/code-point.js";

function bytesOf(...chunks: unknown[]): Buffer {
  const bytes = new ChunkBytes();
  return Buffer.concat([...chunks.map((chunk) => bytes.of(chunk)!), bytes.end()]);
}

describe("the bytes of chunks", () => {
  it("are those of a text, wherever it was cut", () => {
    fc.assert(
      fc.property(fc.string({ unit: codePoint }), fc.array(fc.nat(30)), (text, cuts) => {
        const edges = [0, ...cuts.map((cut) => Math.min(cut, text.length)).sort((a, b) => a - b), text.length];
        const pieces = edges.slice(1).map((edge, index) => text.slice(edges[index], edge));
        expect(bytesOf(...pieces)).toEqual(Buffer.from(text));
      }),
    );
  });

  it("have the replacement character for half a character", () => {
    expect(bytesOf("a\ud83d", Buffer.from("b")).toString()).toBe("a\ufffdb");
    expect(bytesOf("a\ud83d").toString()).toBe("a\ufffd");
    expect(bytesOf("\ude00", "\ud83d", "\ud83d\ude00").toString()).toBe("\ufffd\ufffd\u{1f600}");
  });

  it("are what views and buffers hold, also of another realm", () => {
    const foreign: unknown = vm.runInNewContext("new Uint8Array([0, 97, 98]).subarray(1)");
    const foreignBuffer: unknown = vm.runInNewContext("new Uint8Array([97, 98]).buffer");
    const words = new Uint16Array(new Uint8Array([0, 0, 97, 98]).buffer, 2);
    for (const chunk of [foreign, foreignBuffer, words, new DataView(words.buffer, 2), Buffer.from("ab"), "ab"]) {
      expect(bytesOf(chunk).toString()).toBe("ab");
    }
  });

  it("are not copied", () => {
    const chunk = Buffer.from("ab");
    expect(new ChunkBytes().of(chunk)).toBe(chunk);
  });

  it.each([[7], [null], [undefined], [{ length: 1 }], [[1]], [true], [Symbol("s")]])("are none for %p", (chunk) => {
    expect(new ChunkBytes().of(chunk)).toBeUndefined();
  });
});
