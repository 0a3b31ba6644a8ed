import { createHash } from "node:crypto";
import fc from "fast-check";
import {
  associatedData,
  encodeHeader,
  headerSize,
  isEncrypted,
  parseHeader,
  PREAMBLE_SIZE,
  type EncryptionHeader,
} from "../../src/codecs/aes256gcm/encryption-header.js";
import { isStorageError } from "../../src/errors/error.js";
import { thrownBy } from "../support/failure.js";

// What says that it is one, its length, and JSON of as many bytes as two can say.
const MAX_HEADER_SIZE = 6 + 0xffff;

const MINIMAL: EncryptionHeader = { keyId: "k", contentType: "application/json" };
const DIGEST = `sha256-${"A".repeat(43)}`;

function framed(json: string | Uint8Array): Buffer {
  const bytes = Buffer.from(json as string);
  const preamble = Buffer.from("CCE1\0\0", "latin1");
  preamble.writeUInt16BE(bytes.byteLength, 4);
  return Buffer.concat([preamble, bytes]);
}

function problemOf(bytes: Uint8Array): string {
  try {
    parseHeader(bytes);
  } catch (error) {
    if (isStorageError(error, "DECODE_FAILED")) return error.message;
    throw error;
  }
  throw new Error("It was taken.");
}

const optional = (text: fc.Arbitrary<string>): fc.Arbitrary<string | undefined> => fc.option(text, { nil: undefined });
const text = fc.string({ unit: "grapheme", maxLength: 20 });

it("comes back as it was written, with the bytes it had", () => {
  const header = fc.record({
    keyId: text,
    wrappedKey: optional(text),
    contentType: text,
    schema: optional(text),
    schemaVersion: optional(text),
    encoding: optional(text),
    sealedSize: fc.option(fc.nat(), { nil: undefined }),
    replaces: fc.option(fc.record({ digest: fc.constant(DIGEST), size: fc.nat(), offset: fc.constantFrom(0, 7) }), {
      nil: undefined,
    }),
  });
  const property = fc.property(header, fc.uint8Array({ maxLength: 20 }), (value, rest) => {
    const bytes = encodeHeader(value);
    const parsed = parseHeader(Buffer.concat([bytes, rest]));
    expect(parsed.header).toEqual(value);
    expect(parsed.bytes).toEqual(bytes);
    expect(isEncrypted(bytes)).toBe(true);
    expect(headerSize(bytes)).toBe(bytes.byteLength);
  });
  fc.assert(property, { numRuns: 200 });
});

it("never fails otherwise than with DECODE_FAILED, whatever it is given, and repeats nothing of it", () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 40 }),
    fc.json().map((json) => framed(json)),
    fc.uint8Array({ maxLength: 40 }).map((json) => framed(json)),
    fc
      .record({ keyId: fc.anything(), contentType: fc.anything(), schema: fc.anything(), replaces: fc.anything() })
      .map((value) => framed(jsonOf(value))),
  );
  const property = fc.property(bytes, (value) => {
    try {
      parseHeader(value);
    } catch (error) {
      expect(isStorageError(error, "DECODE_FAILED")).toBe(true);
    }
  });
  fc.assert(property, { numRuns: 500 });
  expect(problemOf(framed('{"secret-of-the-payload'))).not.toContain("secret");
  expect(problemOf(framed('{"keyId":"k","contentType":"a/b","secret":1}'))).not.toContain("secret");
});

function jsonOf(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => (typeof inner === "bigint" ? 0 : inner));
}

it("refuses a header cut short at any byte", () => {
  const bytes = encodeHeader({ ...MINIMAL, schema: "é" });
  for (let end = 0; end < bytes.byteLength; end++) {
    expect(problemOf(bytes.subarray(0, end))).toContain("ends within its header");
    expect(headerSize(bytes.subarray(0, end))).toBe(end < PREAMBLE_SIZE ? undefined : bytes.byteLength);
  }
});

it("refuses what begins otherwise, from the first byte on that differs", () => {
  for (const start of ["X", "CX", "CCX", "CCEX", "CCE2\0\x02{}", '{"contentType":"json","data":1}', "\x1f\x8b"]) {
    expect(problemOf(Buffer.from(start, "latin1"))).toContain("does not begin as one");
    expect(isEncrypted(Buffer.from(start, "latin1"))).toBe(false);
  }
});

it("refuses a length that is more than there is", () => {
  const bytes = encodeHeader(MINIMAL);
  bytes.writeUInt16BE(0xffff, 4);
  expect(problemOf(bytes)).toContain("ends within its header");
});

it.each<[string, string | Uint8Array, string]>([
  ["nothing", "", "not JSON"],
  ["what is not UTF-8", Buffer.from('{"keyId":"\xff","contentType":"a/b"}', "latin1"), "not JSON"],
  ["a byte order mark", `\ufeff${JSON.stringify(MINIMAL)}`, "not JSON"],
  ["two values", `${JSON.stringify(MINIMAL)}{}`, "not JSON"],
  ["null", "null", "not a JSON object"],
  ["an array", '["k","a/b"]', "not a JSON object"],
  ["a text", '"k"', "not a JSON object"],
  ["no key id", '{"contentType":"a/b"}', "keyId"],
  ["no content type", '{"keyId":"k"}', "contentType"],
  ["a key id that is a number", '{"keyId":1,"contentType":"a/b"}', "keyId"],
  ["null for what may be absent", '{"keyId":"k","contentType":"a/b","schema":null}', "schema"],
  ["another field", '{"keyId":"k","contentType":"a/b","more":1}', "not known"],
  ["__proto__", '{"keyId":"k","contentType":"a/b","__proto__":{"schema":"x"}}', "not known"],
  ["constructor", '{"keyId":"k","contentType":"a/b","constructor":{}}', "not known"],
  ["its fields in __proto__", '{"__proto__":{"keyId":"k","contentType":"a/b"}}', "keyId"],
  ["a size below 0", '{"keyId":"k","contentType":"a/b","sealedSize":-1}', "sealedSize"],
  ["half a byte", '{"keyId":"k","contentType":"a/b","sealedSize":0.5}', "sealedSize"],
  ["a size no number holds", '{"keyId":"k","contentType":"a/b","sealedSize":9007199254740993}', "sealedSize"],
  ["replaces: no object", '{"keyId":"k","contentType":"a/b","replaces":[]}', "replaces"],
  ["replaces: no size", `{"keyId":"k","contentType":"a/b","replaces":{"digest":"${DIGEST}"}}`, "replaces"],
])("refuses a header with %s", (_what, json, problem) => {
  expect(problemOf(framed(json))).toContain(problem);
  expect(({} as { schema?: unknown }).schema).toBeUndefined();
});

it("takes the last of two fields of one name: both are authenticated", () => {
  expect(parseHeader(framed('{"keyId":"a","keyId":"b","contentType":"a/b"}')).header.keyId).toBe("b");
});

it("has room for 65535 bytes of JSON, and says so when there are more", () => {
  const empty = encodeHeader({ ...MINIMAL, schema: "" }).byteLength;
  const longest = encodeHeader({ ...MINIMAL, schema: "x".repeat(MAX_HEADER_SIZE - empty) });
  expect(longest.byteLength).toBe(MAX_HEADER_SIZE);
  expect(parseHeader(longest).bytes.byteLength).toBe(MAX_HEADER_SIZE);
  const tooLong = () => encodeHeader({ ...MINIMAL, schema: "x".repeat(MAX_HEADER_SIZE - empty + 1) });
  expect(thrownBy(tooLong)).toMatchObject({ code: "LIMIT_EXCEEDED", operation: "dehydrate" });
});

it("binds the directory and every byte of the header", () => {
  const header = encodeHeader(MINIMAL);
  const expected = createHash("sha256").update("coatcheck-entry-v1\noutputs/s\n").update(header).digest();
  expect(associatedData({ directory: "outputs/s" }, header)).toEqual(expected);
  expect(associatedData({ directory: "outputs/t" }, header)).not.toEqual(expected);
  expect(associatedData({ directory: "outputs/s" }, Buffer.concat([header, Buffer.of(32)]))).not.toEqual(expected);
});
