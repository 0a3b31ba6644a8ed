import { EntryDecoder } from "../../../src/hydrate/decode-entry.js";
import { parseStoredObject } from "../../../src/object/stored-object.js";
import type { ParsedReference } from "../../../src/reference/reference.js";
import { assert, assertEqual, outcomeOf } from "../check.js";
import { bytesFormat } from "../format/bytes.js";
import { defineTarget } from "../target.js";

const CONTENT_TYPES = ["application/json", "text/plain", "image/png", undefined];
const PATHS = ["outputs/a.json", "outputs/a.bin", "outputs/a.pack"];

/** Whether there is a key in the value that hydration has to look at. */
function holdsReservedKey(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return Object.entries(value).some(([key, item]) => /^\$+(?:storage|bubu)/.test(key) || holdsReservedKey(item));
}

function seed(kind: number, text: string | Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.of(kind), Buffer.from(text)]);
}

/** The bytes of an entry, after a byte that says what its reference says of it. */
export const target = defineTarget<Uint8Array>({
  format: bytesFormat,
  seeds: [
    seed(0, '{"contentType":"json","data":{"$$storageRef":"a"}}'),
    seed(0, '{"contentType":"json","data":{"\\u0024stor\\u0061ge":"é"}}'),
    seed(8, '{"contentType":"json","data":[{"$\\u0062ubu":1},"$"]}'),
    seed(1, '{"contentType":"raw","data":"text"}'),
    seed(1, '{"contentType":"raw","data":"é😀"}'),
    seed(1, Buffer.from([0x7b, 0xff, 0xed, 0xa0, 0x80])),
    seed(2, Buffer.from([1, 2, 3])),
    seed(7, "{}"),
  ],
  words: ["\\u0024", "\\u006", "\\u0073torage", "$storage", "$bubu", '"$', '"contentType":"json"', '"data":'],
  run(input) {
    const [kind = 0] = input;
    const bytes = Buffer.from(input.subarray(1));
    const contentType = CONTENT_TYPES[kind % 4];
    const path = PATHS[(kind >> 2) % 3]!;
    const reference: ParsedReference = { dialect: "native", location: { path }, ...(contentType && { contentType }) };
    const decoder = new EntryDecoder(bytes);
    const first = outcomeOf(["DECODE_FAILED"], () => decoder.decode(reference));
    if (path.endsWith(".bin") || contentType === "image/png") {
      assert(first.value !== undefined && "binary" in first.value, "Bytes were not taken as they are.");
      assertEqual(Buffer.from(first.value.binary), bytes, "The bytes");
      assert(first.value.binary.buffer !== bytes.buffer, "Its memory is that of the entry.");
      return;
    }
    const plain = outcomeOf(["DECODE_FAILED"], () => parseStoredObject(bytes.toString("utf8"), path));
    assert((first.value === undefined) === (plain.value === undefined), "The bytes are read as another text.");
    if (first.value === undefined || !("object" in first.value)) return;
    assertEqual(first.value.object, plain.value, "What it holds");
    const { object, hasReserved } = first.value;
    assert(
      hasReserved || object.contentType === "raw" || !holdsReservedKey(object.data),
      "A reserved key is overlooked.",
    );
    const second = decoder.decode(reference);
    assertEqual(second, first.value, "What it holds the second time");
    const data = (decoded: typeof second): unknown => ("object" in decoded ? decoded.object.data : undefined);
    const isShared = typeof data(second) === "object" && data(second) !== null && data(second) === data(first.value);
    assert(!isShared, "Two places share a value.");
  },
});
