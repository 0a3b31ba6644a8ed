import fc from "fast-check";
import {
  encodeJson,
  encodeText,
  parseStoredObject,
  storedObjectSize,
  type SchemaTag,
  type StoredContentType,
} from "../../src/object/stored-object.js";
import { jsonValue } from "../plan/payload-arbitrary.js";
import { failureOf } from "../plan/failure.js";

const encodeObject = (contentType: StoredContentType, data: unknown, tag: SchemaTag) =>
  contentType === "raw" ? encodeText(data as string, tag) : encodeJson(JSON.stringify(data), tag);

const encode = (contentType: StoredContentType, data: unknown, tag: SchemaTag = {}): string =>
  encodeObject(contentType, data, tag).toBuffer().toString();

describe("The bytes of a StoredObject", () => {
  it("are as the wire format says", () => {
    expect(encode("json", { a: [1] })).toBe('{"contentType":"json","data":{"a":[1]}}');
    expect(encode("raw", "text é\n")).toBe('{"contentType":"raw","data":"text é\\n"}');
    expect(encode("json", null, { schema: "s" })).toBe('{"contentType":"json","schema":"s","data":null}');
    expect(encode("raw", "", { schema: 'o"é', schemaVersion: "2\n" })).toBe(
      '{"contentType":"raw","schema":"o\\"é","schemaVersion":"2\\n","data":""}',
    );
    expect(encode("json", 1, { schemaVersion: "2" })).toBe('{"contentType":"json","schemaVersion":"2","data":1}');
    expect(encode("json", 1, { schema: undefined, schemaVersion: undefined })).toBe('{"contentType":"json","data":1}');
  });

  const tag = fc.record({
    schema: fc.option(fc.string(), { nil: undefined }),
    schemaVersion: fc.option(fc.string(), { nil: undefined }),
  });

  it("are as many as storedObjectSize says, and come back as they went in", () => {
    fc.assert(
      fc.property(jsonValue, tag, (data, { schema, schemaVersion }) => {
        const contentType = typeof data === "string" ? "raw" : "json";
        const json = JSON.stringify(data);
        const encoded = encodeObject(contentType, data, { schema, schemaVersion });
        const bytes = encoded.toBuffer();
        expect(bytes.byteLength).toBe(encoded.size);
        expect(encoded.size).toBe(storedObjectSize(contentType, Buffer.byteLength(json), { schema, schemaVersion }));
        const object = parseStoredObject(bytes.toString(), "path");
        expect(object).toEqual({ contentType, data, schema, schemaVersion });
        expect(JSON.stringify(object.data)).toBe(json);
      }),
    );
  });
});

describe("parseStoredObject", () => {
  it.each(['a "quoted" word', "line\nend", "back\\slash", "\u0001", "\ud800", "é 🧥"])(
    "gives the text %j as it was",
    (text) => {
      expect(parseStoredObject(encode("raw", text), "p")).toEqual({ contentType: "raw", data: text });
    },
  );

  it("takes any JSON value for json, also a string, and null for data that is there", () => {
    expect(parseStoredObject('{"contentType":"json","data":"text"}', "p").data).toBe("text");
    expect(parseStoredObject('{"contentType":"json","data":null}', "p").data).toBeNull();
  });

  it("takes fields in any order, and fields it does not know", () => {
    const text = ' {"data":[1],"later":true,"schemaVersion":"1","contentType":"json","schema":"s"} ';
    expect(parseStoredObject(text, "p")).toEqual({ contentType: "json", data: [1], schema: "s", schemaVersion: "1" });
  });

  it.each([
    ["", "it is not JSON"],
    ["s3cr3t", "it is not JSON"],
    ['{"contentType":"json","data":"s3cr3t"', "it is not JSON"],
    ["null", "it is not a JSON object"],
    ["[]", "it is not a JSON object"],
    ['"s3cr3t"', "it is not a JSON object"],
    ["7", "it is not a JSON object"],
    ['{"data":"s3cr3t"}', 'its contentType is not "json" or "raw"'],
    ['{"contentType":"s3cr3t","data":1}', 'its contentType is not "json" or "raw"'],
    ['{"contentType":["json"],"data":1}', 'its contentType is not "json" or "raw"'],
    ['{"contentType":"json"}', "it has no data"],
    ['{"contentType":"json","__proto__":{"data":1}}', "it has no data"],
    ['{"contentType":"raw","data":["s3cr3t"]}', "its data is not a string"],
    ['{"contentType":"raw","data":null}', "its data is not a string"],
    ['{"contentType":"json","data":1,"schema":7}', "its schema is not a string"],
    ['{"contentType":"json","data":1,"schema":null}', "its schema is not a string"],
    ['{"contentType":"json","data":1,"schema":"s","schemaVersion":1}', "its schema is not a string"],
  ])("refuses %j: %s", (text, problem) => {
    const error = failureOf(() => parseStoredObject(text, "outputs/x.json"));
    expect(error).toMatchObject({ code: "DECODE_FAILED", operation: "hydrate", path: "outputs/x.json" });
    expect(error.message).toContain(`A stored object can't be decoded: ${problem}.`);
    expect(error.cause).toBeUndefined();
  });
});
