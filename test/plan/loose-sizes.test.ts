import fc from "fast-check";
import {
  NUMBER_SLACK,
  hasLeastNumberSize,
  leastNumberSize,
  leastStringSize,
  numberSize,
  quickNumberSize,
  stringSize,
  stringSlack,
} from "../../src/plan/json-size.js";
import { LooseSizes, joinLoose, settledExtra } from "../../src/plan/loose-sizes.js";
import { jsonBytes } from "./plan-model.js";

const buffer = new DataView(new ArrayBuffer(8));

/** The double that is `steps` further. */
function neighbour(value: number, steps: number): number {
  buffer.setFloat64(0, value);
  buffer.setBigInt64(0, buffer.getBigInt64(0) + BigInt(steps));
  return buffer.getFloat64(0);
}

const decimal = fc
  .tuple(fc.bigInt({ min: 0n, max: 10n ** 17n }), fc.integer({ min: -25, max: 8 }))
  .map(([digits, exponent]) => Number(`${digits}e${exponent}`));
const fewDecimals = fc
  .tuple(fc.integer({ min: 0, max: 1e9 }), fc.integer({ min: 0, max: 10_000_000 }), fc.integer({ min: 1, max: 7 }))
  .map(([whole, fraction, digits]) => Number(`${whole}.${String(fraction).padStart(digits, "0").slice(0, digits)}`));
const anyNumber = fc
  .oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.double({ min: 0, max: 1e-5, noNaN: true }),
    fc.double({ min: 0, max: 2e9, noNaN: true }),
    decimal,
    fewDecimals,
    fc.tuple(decimal, fc.integer({ min: -3, max: 3 })).map(([value, steps]) => neighbour(value, steps)),
    fc.tuple(fewDecimals, fc.integer({ min: -3, max: 3 })).map(([value, steps]) => neighbour(value, steps)),
  )
  .chain((value) => fc.constantFrom(value, -value))
  .filter(Number.isFinite);

function check(value: number): void {
  const size = jsonBytes(value);
  const quick = quickNumberSize(value);
  expect([value, quick === 0 || Object.is(value, -0) ? size : quick]).toEqual([value, size]);
  expect([value, numberSize(value)]).toEqual([value, size]);
  if (quick > 0 || !hasLeastNumberSize(value)) return;
  const least = leastNumberSize(value);
  if (least > size || least + NUMBER_SLACK < size) expect([value, least, least + NUMBER_SLACK]).toBe("around its size");
}

describe("The sizes of a number", () => {
  it("are exact, or around the exact one, for any number", () => {
    fc.assert(fc.property(anyNumber, check), { numRuns: 4000 });
  });

  it("are so for powers of ten and of two, and their neighbours", () => {
    const edges = [
      ...Array.from({ length: 640 }, (_, i) => Number(`1e${i - 330}`)),
      ...Array.from({ length: 2098 }, (_, i) => 2 ** (i - 1074)),
      ...Array.from({ length: 40 }, (_, i) => 9.999_999_999_999_999 * 10 ** (i - 20)),
      ...[1e15, 1e21, 1e9, 1e-6, 1e-7, 999_999_999.999_999, 0.000_001_5, 123_456_789.123_456_7, Number.MAX_VALUE],
    ].filter((value) => Number.isFinite(value) && value > 0);
    for (const edge of edges) {
      for (const steps of [-2, -1, 0, 1, 2]) {
        const value = neighbour(edge, steps);
        if (!Number.isFinite(value)) continue; // beyond the smallest and the largest
        check(value);
        check(-value);
      }
    }
    expect(edges.length).toBeGreaterThan(2000);
  });

  it("reach the least and the most", () => {
    expect(jsonBytes(1.1234567) - leastNumberSize(1.1234567)).toBe(0);
    expect(jsonBytes(0.0000012345678901234567) - leastNumberSize(0.0000012345678901234567)).toBe(NUMBER_SLACK);
  });

  it("are not quick for what JSON has no form for", () => {
    for (const value of [NaN, Infinity, -Infinity])
      expect([quickNumberSize(value), hasLeastNumberSize(value)]).toEqual([0, false]);
  });
});

const unit = fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code));
const text = fc.oneof(
  fc.string({ unit, maxLength: 80 }),
  fc.constantFrom("", "\u0001".repeat(50), "é".repeat(50), "x"),
);

describe("The sizes of a text", () => {
  it("are around the exact one", () => {
    fc.assert(
      fc.property(text, (value) => {
        expect(stringSize(value)).toBe(jsonBytes(value));
        expect(leastStringSize(value)).toBeLessThanOrEqual(jsonBytes(value));
        expect(leastStringSize(value) + stringSlack(value)).toBeGreaterThanOrEqual(jsonBytes(value));
      }),
      { numRuns: 1000 },
    );
  });
});

const longNumber = anyNumber.filter((value) => quickNumberSize(value) === 0 && hasLeastNumberSize(value));

describe("LooseSizes", () => {
  it("know the exact sizes in the end, in whatever parts they are taken out", () => {
    const values = fc.array(fc.oneof(longNumber, text), { maxLength: 20 });
    fc.assert(
      fc.property(
        fc.array(values, { minLength: 1, maxLength: 5 }),
        fc.infiniteStream(fc.boolean()),
        (groups, choices) => {
          const loose = new LooseSizes();
          let size = 0;
          const parts = [];
          const marks = groups.map((group) => {
            const mark = { start: loose.count, slackBefore: loose.slack };
            for (const value of group)
              size += typeof value === "string" ? loose.addText(value) : loose.addNumber(value);
            return mark;
          });
          expect(size).toBeLessThanOrEqual(groups.flat().reduce<number>((sum, value) => sum + jsonBytes(value), 0));
          for (const { start, slackBefore } of marks.reverse()) {
            if (choices.next().value === true) size += loose.settle(start, slackBefore);
            else parts.push(loose.take(start, slackBefore));
            expect([loose.count, loose.slack]).toEqual([start, slackBefore]);
          }
          const rest = joinLoose(parts);
          const extra = settledExtra(rest);
          expect(extra).toBeLessThanOrEqual(rest.slack);
          expect(size + extra).toBe(groups.flat().reduce<number>((sum, value) => sum + jsonBytes(value), 0));
        },
      ),
      { numRuns: 250 },
    );
  });

  it("know them also where all arrays have a toJSON", () => {
    const values = { lists: [[Math.PI, "é", 1 / 3]], slack: 0 };
    const extra = settledExtra(values);
    Object.defineProperty(Array.prototype, "toJSON", { configurable: true, value: () => "an array" });
    try {
      expect(settledExtra(values)).toBe(extra);
    } finally {
      Reflect.deleteProperty(Array.prototype, "toJSON");
    }
  });
});
