import fc from "fast-check";
import { PackBuilder } from "../../src/object/pack-builder.js";
import { encodeJson, encodeText } from "../../src/object/stored-object.js";
import { codePoint } from "../support/code-point.js";

/** Adds an entry, again where it has another size than it said. */
function add(builder: PackBuilder, entry: Parameters<PackBuilder["add"]>[0]): number {
  return builder.add(entry) ?? builder.add(entry)!;
}

describe("PackBuilder", () => {
  it("puts texts one a line, whatever size was expected", () => {
    const texts = fc.array(fc.string({ unit: codePoint, maxLength: 40 }), { maxLength: 20 });
    fc.assert(
      fc.property(texts, fc.nat({ max: 3000 }), fc.integer({ min: -3, max: 3 }), (values, expectedSize, error) => {
        const builder = new PackBuilder("json", 1_000_000, expectedSize);
        const lines = values.map((value, index) => {
          const json = JSON.stringify(value);
          const isRaw = index % 2 === 0;
          const line = `{"contentType":"${isRaw ? "raw" : "json"}","data":${json}}`;
          const said = Math.max(0, Buffer.byteLength(json) + error);
          const offset = add(builder, isRaw ? encodeText(value, {}) : encodeJson(json, {}, said));
          expect(builder.slice(offset, Buffer.byteLength(line)).toString()).toBe(line);
          return `${line}\n`;
        });
        expect(builder.bytes.toString()).toBe(lines.join(""));
      }),
      { numRuns: 500 },
    );
  });

  it("puts bytes one after the other", () => {
    const entries = fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 20 });
    fc.assert(
      fc.property(entries, fc.nat({ max: 500 }), (parts, expectedSize) => {
        const builder = new PackBuilder("binary", 10_000, expectedSize);
        let end = 0;
        for (const part of parts) {
          expect(add(builder, part)).toBe(end);
          end += part.byteLength;
        }
        expect(builder.bytes).toEqual(Buffer.concat(parts));
      }),
      { numRuns: 300 },
    );
  });

  it("has room for so many bytes as it may have in all, ends of lines among them", () => {
    const builder = new PackBuilder("json", 100, 0);
    expect([builder.hasRoomFor(99), builder.hasRoomFor(100)]).toEqual([true, false]);
    add(builder, Buffer.alloc(49, "x"));
    expect([builder.hasRoomFor(49), builder.hasRoomFor(50)]).toEqual([true, false]);
    add(builder, Buffer.alloc(49, "y"));
    expect([builder.bytes.byteLength, builder.hasRoomFor(0)]).toEqual([100, false]);
    expect(builder.bytes.toString()).toBe(`${"x".repeat(49)}\n${"y".repeat(49)}\n`);

    const binary = new PackBuilder("binary", 100, 1000);
    add(binary, Buffer.alloc(100, "z"));
    expect([binary.bytes.byteLength, binary.hasRoomFor(0), binary.hasRoomFor(1)]).toEqual([100, true, false]);
  });

  it("takes back what was added last, and puts the next in its place", () => {
    const builder = new PackBuilder("json", 1000, 10);
    add(builder, Buffer.from("first"));
    builder.removeLast(add(builder, Buffer.from("a long second")));
    expect(builder.bytes.toString()).toBe("first\n");
    expect(add(builder, Buffer.from("third"))).toBe(6);
    expect(builder.bytes.toString()).toBe("first\nthird\n");
    builder.removeLast(6);
    builder.removeLast(0);
    expect(builder.bytes.byteLength).toBe(0);
  });

  it("adds nothing of an entry that is larger than it said", () => {
    const builder = new PackBuilder("json", 1000, 0);
    add(builder, Buffer.from("first"));
    const entry = encodeJson(`"${"é".repeat(100)}"`, {}, 10);
    expect(builder.add(entry)).toBeUndefined();
    expect(builder.bytes.toString()).toBe("first\n");
    expect(builder.add(entry)).toBe(6);
    expect(builder.bytes.toString()).toBe(`first\n{"contentType":"json","data":"${"é".repeat(100)}"}\n`);
  });
});
