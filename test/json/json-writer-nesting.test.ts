import stableStringify from "fast-json-stable-stringify";
import fc from "fast-check";
import { JsonWriter } from "../../src/json/json-writer.js";
import { jsonValue } from "../plan/payload-arbitrary.js";
import { KiB, deep, longestStep, numbers, objectOf, record, run, written } from "./json-steps.js";

describe("JsonWriter writes the same however values are nested", () => {
  /** Puts values into each other: arrays and objects by turns, other values before and behind. */
  const nested = fc
    .tuple(
      fc.array(jsonValue, { minLength: 1, maxLength: 6 }),
      fc.array(fc.nat({ max: 3 }), { maxLength: 60 }),
      jsonValue,
    )
    .map(([others, kinds, inner]) =>
      kinds.reduce<unknown>(
        (value, kind, index) => {
          const other = others[index % others.length];
          if (kind === 0) return [value];
          if (kind === 1) return [other, value, other];
          return kind === 2 ? { b: other, a: value, c: other } : { a: value };
        },
        numbers(1500).map((index) => (index === 900 ? { inner, long: "é".repeat(40_000) } : inner)),
      ),
    );

  it("with or without keys sorted", () => {
    const property = fc.property(nested, fc.nat({ max: 100_000 }), (value, expectedSize) => {
      expect(written(value, expectedSize) === JSON.stringify(value)).toBe(true);
      expect(written(value, expectedSize, true) === stableStringify(value)).toBe(true);
    });
    fc.assert(property, { numRuns: 30 });
  });

  it("also deeper than either of them has stack for, behind what was small so far", () => {
    const chain = (key: string) => deep(20_000, 1, (value) => (key === "" ? [value] : { [key]: value }));
    const json = (key: string) => (key === "" ? "[" : `{"${key}":`).repeat(20_000) + `1${key === "" ? "]" : "}"}`;
    for (const key of ["", "k"]) {
      const end = (key === "" ? "]" : "}").repeat(19_999);
      const value = [
        ...numbers(3000),
        chain(key),
        objectOf(
          numbers(200).map((i) => `k${i}`),
          (i) => (i === 150 ? chain(key) : i),
        ),
      ];
      const fields = numbers(200).map((i) => `"k${i}":${i === 150 ? json(key) + end : i}`);
      const expected = `[${[...numbers(3000), json(key) + end, `{${fields.join(",")}}`].join(",")}]`;
      expect(written(value) === expected).toBe(true);
      const sorted = `[${[...numbers(3000), json(key) + end, `{${[...fields].sort().join(",")}}`].join(",")}]`;
      expect(written(value, 64, true) === sorted).toBe(true);
    }
  });

  it("and cuts no character of a long text in two", () => {
    for (const before of numbers(4)) {
      for (const piece of ["😀", "a😀\ud83d", "é\ude00\n😀", "\ud83d"]) {
        const text = "x".repeat(before) + piece.repeat(70_000);
        expect(written({ text }) === JSON.stringify({ text })).toBe(true);
      }
    }
  });
});

describe("JsonWriter works in steps", () => {
  it("of a text too", () => {
    for (const text of ["plain ".repeat(200_000), "é text\n".repeat(200_000)]) {
      expect(longestStep(text)).toBeLessThan(256 * KiB);
      expect(longestStep({ text: [text] }, true)).toBeLessThan(256 * KiB);
    }
  });

  it("whatever stands behind what was small so far, if keys are sorted, which takes longer than looking", () => {
    const large = numbers(10_000).map(record);
    const map = objectOf(numbers(200).map(String), (i) => (i === 150 ? { large } : i));
    expect(longestStep([...numbers(30_000), { large }], true)).toBeLessThan(128 * KiB);
    expect(longestStep(map, true)).toBeLessThan(128 * KiB);
  });

  it("and lists no two objects of many keys in one", () => {
    const wide = () =>
      objectOf(
        numbers(20_000).map((i) => `key ${i}`),
        () => 1,
      );
    const keys = jest.spyOn(Object, "keys");
    let listed = 0;
    try {
      for (const canonical of [false, true]) {
        listed = 0;
        const note = (): void => {
          const many = keys.mock.results.filter(({ value }) => (value as string[]).length === 20_000).length;
          keys.mockClear();
          expect(many).toBeLessThanOrEqual(1);
          listed += many;
        };
        run(new JsonWriter(64, undefined, canonical).write({ a: { b: wide() }, c: [wide()], d: wide() }), note);
        note();
        expect(listed).toBe(3);
      }
    } finally {
      keys.mockRestore();
    }
  });
});
