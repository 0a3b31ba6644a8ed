import fc from "fast-check";
import { keySize, keySizes } from "../../src/plan/key-sizes.js";
import { key } from "./payload-arbitrary.js";
import { jsonBytes } from "./plan-model.js";

const RESERVED = -1; // what is less than 0 is no size

/** Bytes of keys, colons and commas, or RESERVED. */
function expected(keys: readonly string[]): number {
  if (keys.some((name) => name.startsWith("$"))) return RESERVED;
  return keys.reduce((sum, name) => sum + jsonBytes(name) + 2, 0);
}

describe("The sizes of keys", () => {
  it("are those of the keys, whatever keys came before", () => {
    // Few lengths and counts, so that many lists have the same place.
    const name = fc.oneof(key, fc.constantFrom("ab", "ba", "aé", "a\n", "$a", "a$", "bb", "éé"));
    const lists = fc.array(fc.uniqueArray(name, { maxLength: 4 }), { minLength: 2, maxLength: 6 });
    const property = fc.property(lists, fc.array(fc.nat(), { maxLength: 40 }), (different, picks) => {
      for (const pick of picks) {
        const keys = [...different[pick % different.length]!];
        expect(keySizes.of(keys)).toBe(expected(keys));
        expect(keySize(keys, keys.length)).toBe(expected(keys));
      }
    });
    fc.assert(property, { numRuns: 1000 });
  });

  it("are those of lists that differ in one key only", () => {
    const names = (at: number, name: string) => Array.from({ length: 10 }, (_, i) => (i === at ? name : `key${i}`));
    for (let at = 0; at < 10; at++) {
      for (const name of [`k\u00e9y${at}`, "longer", "$key", `key${at}`]) {
        expect(keySizes.of(names(at, name))).toBe(expected(names(at, name)));
      }
    }
  });

  it("are those of objects with any number of keys", () => {
    for (const count of [0, 1, 63, 64, 65, 1000]) {
      const keys = Array.from({ length: count }, (_, i) => `é${i}`);
      for (let times = 0; times < 3; times++) expect(keySizes.of([...keys])).toBe(expected(keys));
      expect(keySizes.of([...keys, "$"])).toBe(RESERVED);
    }
  });

  it("are not remembered where the keys are long, since that would keep them for ever", () => {
    const remembered = () => JSON.stringify(Object.values(keySizes)).includes("long".repeat(2000));
    const keys = ["a", "long".repeat(2000)];
    for (let times = 0; times < 2; times++) expect([keySizes.of(keys), remembered()]).toEqual([expected(keys), false]);
  });

  it("are those of the first keys only, when asked so", () => {
    const keys = ["a", "é", "$reserved", "b"];
    expect([0, 1, 2, 3, 4].map((count) => keySize(keys, count))).toEqual([0, 5, 11, RESERVED, RESERVED]);
  });
});
