import fc from "fast-check";
import { type EncodedObject, SPARE, encodeJson, encodeText } from "../../src/object/stored-object.js";

const unit = fc.oneof(
  fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)),
  fc.constant("😀"),
);
const text = fc.oneof(fc.string({ unit, maxLength: 30 }), fc.string({ maxLength: 30 }));

/** Writes it into a buffer that has just the room that it asks for, until it has the size it says. */
function written(object: EncodedObject): string {
  for (let attempt = 0; attempt < 2; attempt++) {
    const { size } = object;
    const buffer = Buffer.alloc(7 + size + SPARE, "-");
    if (!object.writeTo(buffer, 7)) continue;
    expect(buffer.subarray(0, 7).toString()).toBe("-------");
    return buffer.subarray(7, 7 + size).toString();
  }
  throw new Error("its size is wrong twice");
}

describe("An EncodedObject", () => {
  it("is the StoredObject of any text", () => {
    fc.assert(
      fc.property(text, fc.option(text, { nil: undefined }), (data, schema) => {
        const expected = JSON.stringify({ contentType: "raw", schema, data });
        const object = encodeText(data, { schema });
        expect(object.toBuffer().toString()).toBe(expected);
        expect(object.size).toBe(Buffer.byteLength(expected));
        expect(written(encodeText(data, { schema }))).toBe(expected);
      }),
      { numRuns: 1000 },
    );
  });

  it("is that also when its size was said to be another", () => {
    fc.assert(
      fc.property(text, fc.integer({ min: -12, max: 12 }), (data, error) => {
        const json = JSON.stringify([data]);
        const said = Math.max(0, Buffer.byteLength(json) + error);
        const expected = `{"contentType":"json","data":${json}}`;
        expect(encodeJson(json, {}, said).toBuffer().toString()).toBe(expected);
        const object = encodeJson(json, {}, said);
        expect(written(object)).toBe(expected);
        expect(object.size).toBe(Buffer.byteLength(expected));
      }),
      { numRuns: 2000 },
    );
  });

  it("is never cut short, wherever what it has room for ends in a character", () => {
    for (const piece of ["x", "é", "€", "😀", "x😀", "😀é", "€€x"]) {
      const json = `"${piece.repeat(12)}"`;
      const expected = `{"contentType":"json","data":${json}}`;
      for (let said = 0; said <= Buffer.byteLength(json) + 8; said++) {
        expect(written(encodeJson(json, {}, said))).toBe(expected);
      }
    }
  });

  it("says when it has not the size it said, and has it then", () => {
    const object = encodeJson('"é"', {}, 3);
    expect(object.writeTo(Buffer.alloc(100), 0)).toBe(false);
    expect(object.writeTo(Buffer.alloc(100), 0)).toBe(true);
  });
});
