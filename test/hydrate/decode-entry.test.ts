import fc from "fast-check";
import { EntryDecoder } from "../../src/hydrate/decode-entry.js";
import type { ParsedReference } from "../../src/reference/reference.js";
import { failureOf } from "../plan/failure.js";
import { run } from "../json/json-steps.js";
import { codePoint } from "../support/code-point.js";
import { storedJson } from "../support/stored.js";

const JSON_REFERENCE: ParsedReference = { dialect: "native", location: { path: "outputs/s/a.json" } };

function decode(bytes: Uint8Array, reference = JSON_REFERENCE) {
  const decoded = new EntryDecoder(bytes).decode(reference);
  if ("binary" in decoded) throw new Error("It is no StoredObject.");
  return { data: decoded.object.data, hasReserved: decoded.hasReserved };
}

describe("the text of an entry", () => {
  const anyText = fc.oneof(fc.string(), fc.string({ unit: codePoint }), fc.string({ unit: "grapheme" }));

  it("is what its UTF-8 says", () => {
    fc.assert(
      fc.property(anyText, fc.nat(20), (text, before) => {
        const stored = storedJson([text, { [text]: text }]);
        const buffer = Buffer.concat([Buffer.alloc(before, "é"), stored]); // a part of something larger
        expect(decode(buffer.subarray(before)).data).toEqual(JSON.parse(JSON.stringify([text, { [text]: text }])));
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ["ASCII", "a".repeat(3_000_000)],
    ["Latin-1", "aé".repeat(100_000)],
    ["much Latin-1", "aé".repeat(1_000_000)],
    ["emoji", "a\u{1f600}\ufeff".repeat(100_000)],
    ["many emoji", "a\u{1f600}\ufeff".repeat(400_000)],
  ])("is right however long it is: %s", (_, text) => {
    expect(decode(storedJson(text)).data === text).toBe(true);
  });

  it.each([
    ["a byte that no UTF-8 has", [0xff]],
    ["half a character", [0xc3]],
    ["a surrogate", [0xed, 0xa0, 0x80]],
  ])("has replacement characters in the place of %s", (_, bytes) => {
    const stored = Buffer.concat([
      Buffer.from('{"contentType":"raw","data":"a'),
      Buffer.from(bytes),
      Buffer.from('b"}'),
    ]);
    expect(decode(stored).data).toBe((JSON.parse(stored.toString()) as { data: string }).data);
    expect(decode(stored).data).toContain("\ufffd");
  });

  it("begins with no byte order mark", () => {
    const stored = Buffer.concat([Buffer.from("\ufeff"), storedJson("a")]);
    expect(failureOf(() => decode(stored)).code).toBe("DECODE_FAILED");
  });
});

describe("a key that may be reserved", () => {
  /** JSON of a key, some of its characters written as escapes. */
  const written = (key: string, escaped: readonly boolean[]) =>
    Array.from(key)
      .map((char, index) => {
        const code = char.charCodeAt(0).toString(16).padStart(4, "0");
        return escaped[index % escaped.length] === true ? `\\u${index % 2 === 0 ? code : code.toUpperCase()}` : char;
      })
      .join("");

  it("is seen however it is written", () => {
    const keys = ["$storageRef", "$bubuStorageRef", "$$storage", "$$$bubu", "$bubuVaultRef", "$storage"];
    fc.assert(
      fc.property(
        fc.constantFrom(...keys),
        fc.array(fc.boolean(), { minLength: 1, maxLength: 16 }),
        fc.string(),
        (key, escaped, text) => {
          const json = `{"a":${JSON.stringify(text)},"b":[{"${written(key, escaped)}":1}]}`;
          expect(decode(Buffer.from(`{"contentType":"json","data":${json}}`)).hasReserved).toBe(true);
        },
      ),
      { numRuns: 500 },
    );
  });

  it.each([
    ["nothing of the kind", { a: "text", b: [1] }],
    ["a price", { price: "$5", text: "5 $" }],
    ["a word of them, but no dollar sign", { storage: "bubu", text: '"storage"' }],
    ["another key with a dollar sign", { $ref: "#/a", $schema: "x", text: "a\nb" }],
  ])("is not looked for further where there is %s", (_, data) => {
    expect(decode(storedJson(data)).hasReserved).toBe(false);
  });

  it("is none in a text, which is not walked", () => {
    const raw = Buffer.from('{"contentType":"raw","data":"{\\"$storageRef\\":1}"}');
    expect(decode(raw)).toEqual({ data: '{"$storageRef":1}', hasReserved: false });
  });
});

describe("an entry that is prepared in steps", () => {
  const MiB = 1 << 20;
  const BINARY: ParsedReference = { ...JSON_REFERENCE, contentType: "image/png" };

  function prepared(bytes: Uint8Array, reference = JSON_REFERENCE) {
    const decoder = new EntryDecoder(bytes);
    let steps = 0;
    run(decoder.prepare(reference), () => steps++);
    return { decoder, steps };
  }

  it.each([
    ["two bytes", "é".repeat(3 * MiB)],
    ["three bytes", "a€".repeat(2 * MiB)],
    ["four bytes", "ab\u{1f600}".repeat(MiB)],
    ["ASCII", "a".repeat(5 * MiB)],
  ])("has the text that it has in one go, wherever the cuts fall: characters of %s", (_, text) => {
    for (const before of ["", "x", "xy", "xyz"]) {
      const { decoder } = prepared(storedJson(before + text));
      const decoded = decoder.decode(JSON_REFERENCE);
      expect("object" in decoded && decoded.object.data === before + text).toBe(true);
    }
  });

  it.each([
    [[0x80]],
    [[0xff]],
    [[0xe2, 0x82]],
    [[0xf0, 0x9f, 0x98]],
    [[0xed, 0xa0, 0x80]],
    [[0xf0, 0x80, 0x80, 0x80, 0x80]],
  ])("has the same replacement characters as in one go, wherever the cuts fall: bytes %j", (unit) => {
    const [head, tail] = ['{"contentType":"raw","data":"', '"}'].map((text) => Buffer.from(text)) as [Buffer, Buffer];
    const bytes = Buffer.concat([head, Buffer.alloc(5 * MiB, Buffer.from(unit)), tail]);
    const decoded = prepared(bytes).decoder.decode(JSON_REFERENCE);
    const { data } = JSON.parse(bytes.toString()) as { data: string };
    expect("object" in decoded && decoded.object.data === data).toBe(true);
  });

  it("takes a step for every 2 MiB of text, and every 4 MiB of bytes", () => {
    expect(prepared(storedJson("é".repeat(5 * MiB))).steps).toBe(6 + 2);
    expect(prepared(new Uint8Array(13 * MiB), BINARY).steps).toBe(4);
  });

  it("gives bytes of its own, once those that were copied and then new ones", () => {
    const bytes = new Uint8Array(5 * MiB).fill(7);
    const { decoder } = prepared(bytes, BINARY);
    const [first, second] = [decoder.decode(BINARY), decoder.decode(BINARY)];
    if (!("binary" in first) || !("binary" in second)) throw new Error("It is not binary.");
    expect(Buffer.compare(first.binary, bytes)).toBe(0);
    expect(Buffer.compare(second.binary, bytes)).toBe(0);
    expect(new Set([first.binary.buffer, second.binary.buffer, bytes.buffer]).size).toBe(3);
  });
});

describe("an entry that is decoded several times", () => {
  it("gives a value of its own each time, and bytes too", () => {
    const decoder = new EntryDecoder(storedJson({ list: [1] }));
    const [first, second] = [decoder.decode(JSON_REFERENCE), decoder.decode(JSON_REFERENCE)];
    expect(first).toEqual(second);
    expect("object" in first && "object" in second && first.object.data === second.object.data).toBe(false);
    const bytes = Buffer.from("bytes");
    const reference: ParsedReference = { ...JSON_REFERENCE, contentType: "image/png" };
    const binary = new EntryDecoder(bytes).decode(reference);
    bytes.fill(0);
    expect(binary).toEqual({ binary: new Uint8Array(Buffer.from("bytes")) });
  });
});
