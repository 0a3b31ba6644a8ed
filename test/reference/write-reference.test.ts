import { GRAMMARS, referenceGrammar } from "../../src/reference/grammar.js";
import { parseReference, writeReference, type ReferenceContent } from "../../src/reference/reference.js";

const everything: ReferenceContent = {
  signature: "k:s",
  path: "a.b",
  schemaVersion: "2",
  schema: "order",
  encoding: "gzip",
  offset: 0,
  digest: `sha256-${"A".repeat(43)}`,
  size: 0,
  contentType: "text/plain",
  ref: "outputs/x.json",
};

function write(content: ReferenceContent, dialect: keyof typeof GRAMMARS): Record<string, unknown> {
  const slot = {};
  writeReference(slot, content, GRAMMARS[dialect]);
  return slot;
}

describe("writeReference", () => {
  it("writes every field of the native grammar, in the order of the wire format", () => {
    expect(JSON.stringify(write(everything, "native"))).toBe(
      `{"$storageRef":"outputs/x.json","$storageContentType":"text/plain","$storageSize":0,` +
        `"$storageDigest":"sha256-${"A".repeat(43)}","$storageOffset":0,"$storageEncoding":"gzip",` +
        `"$storageSchema":"order","$storageSchemaVersion":"2","$storagePath":"a.b","$storageSignature":"k:s"}`,
    );
  });

  it("writes only what the bubustack grammar has a key for", () => {
    expect(JSON.stringify(write(everything, "bubustack"))).toBe(
      `{"$bubuStorageRef":"outputs/x.json","$bubuStorageContentType":"text/plain",` +
        `"$bubuStorageSchema":"order","$bubuStorageSchemaVersion":"2","$bubuStoragePath":"a.b"}`,
    );
  });

  it.each(["native", "bubustack"] as const)("leaves out what is not given: %s", (dialect) => {
    expect(Object.values(write({ ref: "a", schema: undefined }, dialect))).toEqual(["a"]);
  });

  it.each(["native", "bubustack"] as const)("writes what is recognised, and read as it was written: %s", (dialect) => {
    const slot = write(everything, dialect);
    expect(referenceGrammar(slot)).toBe(GRAMMARS[dialect]);
    const { location, contentType, path, schema, schemaVersion } = parseReference(slot, GRAMMARS[dialect]);
    expect([location.path, contentType, path, schema, schemaVersion]).toEqual([
      everything.ref,
      "text/plain",
      "a.b",
      "order",
      "2",
    ]);
  });
});
