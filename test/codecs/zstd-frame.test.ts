import fc from "fast-check";
import { readFileSync } from "node:fs";
import { ZstdFrame } from "../../src/codecs/zstd-frame.js";

// Frames that Node has made, which old versions of it can't.
const { compression } = JSON.parse(readFileSync("test/vectors/codecs.json", "utf8")) as {
  compression: { codec: string; packed: string }[];
};
const made = compression.filter(({ codec }) => codec === "zstd").map(({ packed }) => Buffer.from(packed, "hex"));

/** By hand from RFC 8878: a header of every size, raw and RLE blocks, with a checksum and without. */
function frame(descriptor: number, headerSize: number, ...blocks: [type: number, size: number][]): Buffer {
  const parts = [Buffer.of(0x28, 0xb5, 0x2f, 0xfd, descriptor), Buffer.alloc(headerSize, 7)];
  for (const [index, [type, size]] of blocks.entries()) {
    const header = (size << 3) | (type << 1) | (index === blocks.length - 1 ? 1 : 0);
    parts.push(Buffer.of(header & 255, (header >> 8) & 255, header >> 16), Buffer.alloc(type === 1 ? 1 : size, 9));
  }
  return Buffer.concat([...parts, Buffer.alloc(descriptor & 4 ? 4 : 0, 5)]);
}

const byHand = [
  frame(0, 1, [0, 0]),
  frame(0x20, 1, [0, 3], [1, 100_000], [0, 70_000]),
  frame(0x24, 1, [2, 5]),
  frame(0x40 | 1, 1 + 1 + 2, [0, 1]),
  frame(0x80 | 2, 1 + 2 + 4, [1, 1], [1, 1]),
  frame(0xe0 | 3 | 4, 4 + 8, [2, 131_071], [0, 1]),
];

function isWhole(...chunks: Uint8Array[]): boolean {
  const walk = new ZstdFrame();
  for (const chunk of chunks) walk.take(chunk);
  return walk.isWhole;
}

describe.each([...made, ...byHand].map((bytes, index) => [index, bytes] as const))("frame %d", (_index, bytes) => {
  it("is whole, however it comes", () => {
    expect(isWhole(bytes)).toBe(true);
    const cuts = fc.array(fc.nat({ max: bytes.byteLength }), { maxLength: 8 });
    const property = fc.property(cuts, (places) => {
      const ends = [...places.sort((a, b) => a - b), bytes.byteLength];
      expect(isWhole(...ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end)))).toBe(true);
    });
    fc.assert(property, { numRuns: 30 });
  });

  it("is not whole when it was cut short, or something follows", () => {
    for (let end = 0; end < Math.min(bytes.byteLength, 300); end++) expect(isWhole(bytes.subarray(0, end))).toBe(false);
    expect(isWhole(bytes.subarray(0, -1))).toBe(false);
    for (const rest of [Buffer.of(0), bytes, bytes.subarray(0, 2)]) {
      expect(isWhole(bytes, rest)).toBe(false);
      expect(isWhole(Buffer.concat([bytes, rest]))).toBe(false);
    }
  });
});

it("takes nothing else for a frame", () => {
  expect(isWhole()).toBe(false);
  expect(isWhole(Buffer.from("no frame at all, but long enough for one"))).toBe(false);
  expect(isWhole(frame(0, 1, [3, 1]))).toBe(false); // a type that is reserved
});
