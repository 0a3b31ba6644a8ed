import fc from "fast-check";
import { JsonWriter } from "../../src/json/json-writer.js";
import { parseLines } from "../../src/object/parse-lines.js";
import { parseStoredObject } from "../../src/object/stored-object.js";
import { run } from "../json/json-steps.js";

const LINE = 20;
const HEADS = [
  '{"contentType":"json","data":',
  '{"contentType":"json","schema":"\\"data\\":[","schemaVersion":"1","data":',
];

const text = (bytes: Buffer): string => bytes.toString();

function written(value: unknown, { canonical = false, head = HEADS[0]!, lineUnits = LINE } = {}): Buffer {
  const writer = new JsonWriter(64, undefined, canonical);
  writer.put(head);
  run(writer.write(value, lineUnits));
  writer.put("}");
  return run(writer.end());
}

/** What lines give, and what the whole gives: keys in their order. */
function both(bytes: Buffer): { lines: string | undefined; whole: string | undefined; steps: number } {
  let steps = 0;
  const lines = run(parseLines(bytes, "x", text, LINE), () => steps++);
  let whole: string | undefined;
  try {
    whole = JSON.stringify(parseStoredObject(bytes.toString(), "x"));
  } catch {
    whole = undefined;
  }
  return { lines: lines && JSON.stringify(lines), whole, steps };
}

const key = fc.oneof(fc.string(), fc.nat().map(String), fc.constantFrom("__proto__", "constructor", "data", "é😀"));
const child = fc.letrec<{ any: unknown }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.oneof(fc.string({ unit: "grapheme" }), fc.double({ noNaN: true }), fc.boolean(), fc.constant(null)),
    fc.array(tie("any")),
    fc.dictionary(key, tie("any")),
  ),
})).any;
const container = fc.oneof(fc.array(child, { maxLength: 40 }), fc.dictionary(key, child, { maxKeys: 40 }));

describe("a StoredObject whose JSON has lines", () => {
  it("is what JSON makes of it, for readers that know lines and for others", () => {
    let withLines = 0;
    const property = fc.property(container, fc.constantFrom(...HEADS), (value, head) => {
      const bytes = written(value, { head });
      const { lines, whole, steps } = both(bytes);
      expect(bytes.toString().replaceAll(",\n", ",")).toBe(`${head}${JSON.stringify(value)}}`);
      if (bytes.includes("\n")) withLines++;
      if (steps > 0) expect(lines).toBe(whole);
      else expect([undefined, whole]).toContain(lines);
    });
    fc.assert(property, { numRuns: 100 });
    expect(withLines).toBeGreaterThan(10);
  });

  it("has them where the length of what came before says, not where a step of the writer happens to end", () => {
    const property = fc.property(container, fc.integer({ min: 5, max: 60 }), (value, lineUnits) => {
      const lines = written(value, { lineUnits }).toString().split("\n");
      for (const [index, line] of lines.entries()) {
        const units = line.length - (index === 0 ? HEADS[0]!.length : 0);
        if (index < lines.length - 1) expect(units).toBeGreaterThan(lineUnits);
      }
    });
    fc.assert(property, { numRuns: 100 });
  });

  it("has them at the first comma that is far enough, also where items become far larger all at once", () => {
    const small = Array.from({ length: 5000 }, (_, index) => index);
    const large = Array.from({ length: 1000 }, () => ({ text: "x".repeat(500) }));
    const lines = written([...small, ...large], { lineUnits: 100_000 })
      .toString()
      .split("\n");
    const units = lines.map((line, index) => line.length - (index === 0 ? HEADS[0]!.length : 0));
    expect(lines).toHaveLength(6);
    expect(units.slice(0, -1).every((count) => count > 100_000 && count < 100_600)).toBe(true);
  });

  it("is the same, whatever the order of keys was, if it is canonical", () => {
    const reversed = (value: unknown): unknown =>
      Array.isArray(value)
        ? value.map(reversed)
        : typeof value === "object" && value !== null
          ? Object.fromEntries(
              Object.entries(value)
                .reverse()
                .map(([name, inner]) => [name, reversed(inner)]),
            )
          : value;
    const property = fc.property(container, (value) => {
      expect(written(reversed(value), { canonical: true }).equals(written(value, { canonical: true }))).toBe(true);
    });
    fc.assert(property, { numRuns: 200 });
  });

  it("is never anything else than the whole, wherever somebody else ends lines", () => {
    let parsed = 0;
    const flat = fc.array(fc.integer({ min: 1e6, max: 1e9 }), { minLength: 10, maxLength: 40 });
    const property = fc.property(fc.oneof(container, flat), fc.array(fc.nat()), fc.boolean(), (value, places, cut) => {
      const json = JSON.stringify({ contentType: "json", data: value });
      const commas = [...json.matchAll(/,/g)].map(({ index }) => index);
      const chosen = new Set(places.map((place) => commas[1 + (place % (commas.length - 1))]));
      const bytes = Buffer.from(
        json.replaceAll(",", (comma, index: number) => comma + (chosen.has(index) ? "\n" : "")),
      );
      const { lines, whole } = both(cut ? bytes.subarray(0, -1) : bytes);
      if (lines !== undefined) {
        parsed++;
        expect(lines).toBe(whole);
      }
    });
    fc.assert(property, { numRuns: 300 });
    expect(parsed).toBeGreaterThan(5);
  });

  const long = "1".repeat(LINE);
  it.each([
    ["a field after the data", `{"contentType":"json","data":[1],"x":[${long},\n2]}`],
    ["a field whose name is a number", `{"contentType":"json","data":[1],"5":[${long},\n2]}`],
    ["data twice", `{"contentType":"json","data":[1],"data":[${long},\n2]}`],
    ["data twice, with lines in the first", `{"contentType":"json","data":[${long},\n2],"data":[3]}`],
    ["an inner line end", `{"contentType":"json","data":[[${long},\n2]]}`],
    ["two commas", `{"contentType":"json","data":[${long},\n${" ".repeat(LINE)},\n2]}`],
    ["a comma at the end", `{"contentType":"json","data":[${long},\n]}`],
    ["a comma at the end of an object", `{"contentType":"json","data":{"a":${long},\n}}`],
    ["something behind it", `{"contentType":"json","data":[${long},\n2]}}`],
    ["brackets that do not match", `{"contentType":"json","data":[${long},\n2}}`],
    ["no end", `{"contentType":"json","data":[${long},\n2]`],
    ["no container", `{"contentType":"json","data":${long},\n2}`],
    ["another type", `{"contentType":"yaml","data":[${long},\n2]}`],
  ])("is read as JSON says, with %s", (_, json) => {
    const { lines, whole } = both(Buffer.from(json));
    expect([undefined, whole]).toContain(lines);
  });

  it("has none in inner containers, however long those are", () => {
    const inner = Array.from({ length: 20_000 }, (_, index) => index);
    expect(written([inner, { inner }, 1]).toString().split("\n")).toEqual([
      `${HEADS[0]!}[${JSON.stringify(inner)},`,
      `${JSON.stringify({ inner })},`,
      "1]}",
    ]);
  });

  it("gives a line to each step, and few steps to many short lines", () => {
    const items = Array.from({ length: 1000 }, (_, index) => index);
    expect(both(written(items)).steps).toBeGreaterThan(100);
    const short = Buffer.from(`{"contentType":"json","data":[${items.join(",\n")}]}`);
    let steps = 0;
    const object = run(parseLines(short, "x", text, 1000), () => steps++);
    expect(object).toMatchObject({ data: items });
    expect(steps).toBeLessThan(6);
  });
});
