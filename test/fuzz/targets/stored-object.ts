import { encodeJson, encodeText, parseStoredObject, storedObjectSize } from "../../../src/object/stored-object.js";
import { assert, assertEqual, assertPlain, outcomeOf } from "../check.js";
import { textFormat } from "../format/text.js";
import { defineTarget } from "../target.js";

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** What the text of a StoredObject says, read without any short way; `undefined` if it is none. */
function expected(
  text: string,
): { contentType: string; data: unknown; schema?: unknown; schemaVersion?: unknown } | undefined {
  const json = parseJson(text);
  if (typeof json !== "object" || json === null || Array.isArray(json)) return undefined;
  const fields = new Map<string, unknown>(Object.entries(json));
  const [contentType, data] = [fields.get("contentType"), fields.get("data")];
  const [schema, schemaVersion] = [fields.get("schema"), fields.get("schemaVersion")];
  if (contentType !== "json" && contentType !== "raw") return undefined;
  if (data === undefined || (contentType === "raw" && typeof data !== "string")) return undefined;
  if ([schema, schemaVersion].some((tag) => tag !== undefined && typeof tag !== "string")) return undefined;
  return { contentType, data, schema, schemaVersion };
}

/** The text of a StoredObject. */
export const target = defineTarget<string>({
  format: textFormat,
  seeds: [
    '{"contentType":"json","data":{"a":[1,"x",null]}}',
    '{"contentType":"raw","data":"text"}',
    '{"contentType":"raw","data":"a\\"b\\u0000é"}',
    '{"contentType":"raw","data":"a","data":"b"}',
    '{"contentType":"json","schema":"order","schemaVersion":"2","data":1}',
    '{"contentType":"json","data":{"__proto__":{"x":1},"$$storageRef":"a"}}',
    '{"contentType":"raw","data":""}',
    '{"data":1,"__proto__":{"contentType":"json"}}',
    "[1]",
  ],
  words: ['"contentType":"raw","data":"', '"}', "\\u0024", '"__proto__":', "\ufeff"],
  run(text) {
    const parsed = outcomeOf(["DECODE_FAILED"], () => parseStoredObject(text, "outputs/a.json"));
    const known = expected(text);
    assert((parsed.value === undefined) === (known === undefined), "It is wrongly taken or refused.");
    if (parsed.value === undefined) return;
    const { contentType, data, schema, schemaVersion } = parsed.value;
    assertEqual({ contentType, data, schema, schemaVersion }, known, "What it holds");
    assertPlain(data);
    const tag = { schema, schemaVersion };
    const json = JSON.stringify(data);
    const again = contentType === "raw" ? encodeText(data as string, tag) : encodeJson(json, tag);
    const bytes = Buffer.alloc(again.size);
    again.writeTo(bytes, 0);
    assertEqual(bytes.byteLength, storedObjectSize(contentType, Buffer.byteLength(json), tag), "Its size when stored");
    const reparsed = { ...tag, ...parseStoredObject(bytes.toString(), "outputs/a.json") };
    assertEqual(reparsed, { ...tag, ...parsed.value }, "The object as it is written");
  },
});
