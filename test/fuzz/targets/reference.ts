import { formatLocation } from "../../../src/paths/location.js";
import { GRAMMARS, isSpoiltReference, referenceGrammar } from "../../../src/reference/grammar.js";
import { parseReference, writeReference } from "../../../src/reference/reference.js";
import { assert, assertEqual, assertPlain, outcomeOf } from "../check.js";
import { jsonFormat } from "../format/json.js";
import { defineTarget } from "../target.js";

const DIGEST = `sha256-${"A".repeat(43)}`;
const NATIVE = {
  $storageRef: "outputs/s/a.pack",
  $storageContentType: "application/json",
  $storageSize: 12,
  $storageDigest: DIGEST,
};

/** Any JSON value, which may be a reference. */
export const target = defineTarget<unknown>({
  format: jsonFormat,
  seeds: [
    { ...NATIVE, $storageOffset: 7, $storageEncoding: "gzip,aes256gcm", $storageSchema: "order" },
    { ...NATIVE, $storageSchemaVersion: "2", $storagePath: "a[0]", $storageSignature: "k:AAAA" },
    { ...NATIVE, $storageContentType: "text/plain; charset=utf-8", $storageRef: "s3://bucket/a%20b" },
    { $bubuStorageRef: "outputs/a.json", $bubuStorageContentType: "application/json", $bubuStorageSchema: "a" },
    { $storageRef: "a", other: 1 },
    JSON.parse('{"$storageRef":"a","__proto__":{"$storageSize":1}}') as unknown,
  ],
  run(input) {
    if (typeof input !== "object" || input === null) return;
    const value = input as Record<string, unknown>;
    const before = JSON.stringify(value);
    const grammar = referenceGrammar(value);
    const keys = Object.keys(value);
    const isOf = (known: (typeof GRAMMARS)["native"]): boolean =>
      keys.includes(known.refKey) &&
      typeof value[known.refKey] === "string" &&
      keys.every((key) => known.fields.has(key));
    assert((grammar === GRAMMARS.native) === isOf(GRAMMARS.native), "It is wrongly told from a native reference.");
    assert((grammar === GRAMMARS.bubustack) === isOf(GRAMMARS.bubustack), "It is wrongly told from a foreign one.");
    const isSpoilt = keys.includes("$storageRef") && typeof value["$storageRef"] === "string" && grammar === undefined;
    assert(isSpoiltReference(value) === isSpoilt, "It is wrongly told whether it is a reference that was spoilt.");
    if (grammar === undefined) return;

    const parsed = outcomeOf(["INVALID_REFERENCE"], () => parseReference(value, grammar));
    assertEqual(JSON.stringify(value), before, "The reference after it was parsed");
    if (parsed.value === undefined) return;
    assertPlain(parsed.value);
    const { dialect, location, encoding, ...fields } = parsed.value;
    const content = { ...fields, ref: formatLocation(location), encoding: encoding?.join(",") };
    const rewritten = writeReference({}, content, GRAMMARS[dialect]);
    assert(referenceGrammar(rewritten) === grammar, "What is written is no reference.");
    assertEqual(parseReference(rewritten, grammar), parsed.value, "The reference as it is written");
    // All else is as it came; only the location may have been written in another form.
    assertEqual({ ...rewritten, [grammar.refKey]: value[grammar.refKey] }, value, "Its fields");
  },
});
