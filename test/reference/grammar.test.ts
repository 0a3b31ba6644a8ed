import fc from "fast-check";
import { escapeKey } from "../../src/reference/escape.js";
import type { BubustackReference, StorageReference } from "../../src/reference/reference.js";
import { assertResolvers } from "../../src/resolvers/resolver.js";
import { FIELDS, type Field } from "../../src/reference/fields.js";
import { GRAMMARS, isSpoiltReference, referenceGrammar } from "../../src/reference/grammar.js";

const NATIVE_KEYS = Object.keys({
  $storageRef: true,
  $storageContentType: true,
  $storageSize: true,
  $storageDigest: true,
  $storageOffset: true,
  $storageEncoding: true,
  $storageSchema: true,
  $storageSchemaVersion: true,
  $storagePath: true,
  $storageSignature: true,
} satisfies Record<keyof StorageReference, true>);

const BUBUSTACK_KEYS = Object.keys({
  $bubuStorageRef: true,
  $bubuStorageContentType: true,
  $bubuStorageSchema: true,
  $bubuStorageSchemaVersion: true,
  $bubuStoragePath: true,
} satisfies Record<keyof BubustackReference, true>);

describe("The keys of a reference", () => {
  it("are those of the wire format, in its order", () => {
    expect([...GRAMMARS.native.fields.keys()]).toEqual(NATIVE_KEYS);
    expect([...GRAMMARS.bubustack.fields.keys()]).toEqual(BUBUSTACK_KEYS);
    expect(GRAMMARS.native.dialect).toBe("native");
    expect(GRAMMARS.bubustack.dialect).toBe("bubustack");
  });

  it("are keys that data can't have, and resolvers neither where they make an object a reference", () => {
    for (const key of [...NATIVE_KEYS, ...BUBUSTACK_KEYS]) expect(escapeKey(key)).toBe(`$${key}`);
    for (const key of ["$storageRef", "$bubuStorageRef"]) {
      expect(() => assertResolvers([{ key, resolve: () => undefined }])).toThrow(key);
    }
  });

  it.each(["native", "bubustack"] as const)("lead to the fields and back: %s", (dialect) => {
    const rows: Record<string, Field> = FIELDS;
    const { fields, refKey } = GRAMMARS[dialect];
    expect(rows["ref"]![dialect]).toBe(refKey);
    for (const [key, field] of fields) expect(rows[field]![dialect]).toBe(key);
  });
});

describe("referenceGrammar", () => {
  const values = fc.oneof(fc.string(), fc.integer(), fc.constant(null));

  it.each([
    ["native", "$storageRef", NATIVE_KEYS],
    ["bubustack", "$bubuStorageRef", BUBUSTACK_KEYS],
  ] as const)(
    "finds a %s reference: a string under its key, and no key that is not in the list",
    (dialect, refKey, keys) => {
      expect(referenceGrammar({ [refKey]: "" })).toBe(GRAMMARS[dialect]);
      expect(referenceGrammar(Object.fromEntries(keys.map((key) => [key, "x"])))).toBe(GRAMMARS[dialect]);
      fc.assert(
        fc.property(fc.uniqueArray(fc.constantFrom(...keys)), values, (more, value) => {
          const reference = Object.fromEntries([...more.map((key) => [key, value] as const), [refKey, "x"] as const]);
          expect(referenceGrammar(reference)).toBe(GRAMMARS[dialect]);
          expect(referenceGrammar({ ...reference, more: 1 })).toBeUndefined();
          expect(isSpoiltReference({ ...reference, more: 1 })).toBe(dialect === "native");
          expect(isSpoiltReference({ ...reference, more: undefined })).toBe(false);
          expect(isSpoiltReference({ ...reference, [refKey]: 1, more: 1 })).toBe(false);
          expect(referenceGrammar({ ...reference, "": 1 })).toBeUndefined();
        }),
      );
    },
  );

  it.each<[string, Record<string, unknown>]>([
    ["nothing", {}],
    ["other keys alone", { $storageContentType: "a/b", $storageSize: 1 }],
    ["a number", { $storageRef: 1 }],
    ["null", { $storageRef: null }],
    ["a reference in a reference", { $storageRef: { $storageRef: "x" } }],
    ["the keys of both dialects", { $storageRef: "x", $bubuStorageRef: "y" }],
    ["a key of the other dialect", { $storageRef: "x", $bubuStoragePath: "y" }],
    ["a key that only the other dialect has", { $bubuStorageRef: "x", $bubuStorageSize: 1 }],
    ["a native field", { $bubuStorageRef: "x", $storageSize: 1 }],
    ["an escaped key", { $$storageRef: "x" }],
    ["an array", ["$storageRef"] as unknown as Record<string, unknown>],
    ["an inherited key", Object.create({ $storageRef: "x" }) as Record<string, unknown>],
    ["an inherited key of the other dialect", Object.create({ $bubuStorageRef: "x" }) as Record<string, unknown>],
    ["a key of another case", { $StorageRef: "x" }],
    ["a number beside a good reference of the other dialect", { $storageRef: 1, $bubuStorageRef: "x" }],
  ])("takes for plain data: %s", (_name, value) => {
    expect(referenceGrammar(value)).toBeUndefined();
  });

  it("sees what JSON would: keys that it leaves out make no difference", () => {
    for (const gone of [undefined, () => 1, Symbol("s")]) {
      expect(referenceGrammar({ $storageRef: "x", more: gone })).toBe(GRAMMARS.native);
      expect(referenceGrammar({ $bubuStorageRef: "x", more: gone })).toBe(GRAMMARS.bubustack);
      expect(referenceGrammar({ $bubuStorageRef: "x", $storageRef: gone })).toBe(GRAMMARS.bubustack);
    }
  });
});
