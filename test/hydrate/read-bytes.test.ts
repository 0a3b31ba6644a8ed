import { BodyBytes } from "../../src/hydrate/read-bytes.js";

const MIB = 1024 * 1024;

function gathered(size: number, chunks: readonly Uint8Array[]): Uint8Array {
  const body = new BodyBytes(size);
  for (const chunk of chunks) body.add(chunk);
  expect(body.received).toBe(chunks.reduce((sum, { byteLength }) => sum + byteLength, 0));
  return body.bytes();
}

describe("the bytes of a body", () => {
  it("are those of its chunks, whatever size was said", () => {
    const chunks = ["ab", "", "cde", "f"].map((text) => Buffer.from(text));
    for (const size of [6, 0, 1, 2, 3, 5, 7, 100, Infinity, NaN, -1, 6.5, 2 ** 53, 70 * MIB]) {
      expect(Buffer.from(gathered(size, chunks)).toString()).toBe("abcdef");
    }
    expect(gathered(3, [])).toHaveLength(0);
  });

  it("are the chunk itself, if there is one only", () => {
    const chunk = Buffer.from("abc");
    expect(gathered(3, [chunk])).toBe(chunk);
    expect(gathered(9, [chunk])).toBe(chunk);
  });

  it("come into one buffer of the size that was said: no chunk is kept", () => {
    const chunk = Buffer.from("abc");
    const body = new BodyBytes(6);
    body.add(chunk);
    body.add(chunk);
    chunk.fill("x");
    expect(Buffer.from(body.bytes()).toString()).toBe("abc".repeat(2));
    expect(body.bytes().buffer.byteLength).toBe(6);
  });

  it("take the room of more than 64 MiB when a sixteenth of it has come", () => {
    const size = 65 * MIB;
    const chunk = Buffer.alloc(2 * MIB, 1);
    const body = new BodyBytes(size);
    body.add(chunk);
    body.add(chunk);
    expect(body.bytes().buffer.byteLength).toBe(4 * MIB);
    body.add(Buffer.alloc(MIB, 2));
    const bytes = body.bytes();
    expect([bytes.byteLength, bytes.buffer.byteLength]).toEqual([5 * MIB, size]);
    expect([bytes[0], bytes[4 * MIB - 1], bytes[4 * MIB], bytes[5 * MIB - 1]]).toEqual([1, 1, 2, 2]);
  });
});
