import fc from "fast-check";
import { numberSize, stringSize } from "../../src/plan/json-size.js";
import { jsonBytes } from "./plan-model.js";

describe("stringSize", () => {
  it("counts every single code unit as JSON.stringify writes it", () => {
    for (let unit = 0; unit <= 0xffff; unit++) {
      const text = String.fromCharCode(unit);
      if (stringSize(text) !== jsonBytes(text)) expect([unit, stringSize(text)]).toEqual([unit, jsonBytes(text)]);
    }
    expect(stringSize("")).toBe(2);
  });

  it.each([
    ["a pair", "\ud83d\ude00", 6],
    ["a high surrogate at the end", "a\ud83d", 9],
    ["a low surrogate at the start", "\ude00a", 9],
    ["a pair in the wrong order", "\ude00\ud83d", 14],
    ["two high surrogates and a low one", "\ud83d\ud83d\ude00", 12],
    ["a high surrogate before another character", "\ud83d\u20ac", 11],
    ["the first and the last pair", "\ud800\udc00\udbff\udfff", 10],
    ["a high surrogate before what follows the low ones", "\udbff\ue000", 11],
  ])("knows %s", (_name, text, size) => {
    expect(stringSize(text)).toBe(size);
    expect(jsonBytes(text)).toBe(size);
  });

  it("counts any text as JSON.stringify writes it", () => {
    const surrogate = fc.integer({ min: 0xd700, max: 0xe0ff });
    const unit = fc.oneof(surrogate, fc.integer({ min: 0, max: 0xffff })).map((code) => String.fromCharCode(code));
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 40 }), (text) => {
        expect(stringSize(text)).toBe(jsonBytes(text));
      }),
      { numRuns: 2000 },
    );
  });

  it("counts long texts, of one byte a character and of more", () => {
    for (const piece of ["x", "é", "€", "😀", '"', "\u0000", "ab\n", "\ud800"]) {
      for (const length of [63, 64, 65, 1000, 4095, 4096, 4097, 70_000]) {
        const text = piece.repeat(length);
        expect(stringSize(text)).toBe(jsonBytes(text));
        expect(stringSize(`${text}€`)).toBe(jsonBytes(`${text}€`));
      }
    }
  });
});

describe("numberSize", () => {
  it("counts whole numbers on both sides of every power of ten", () => {
    for (let power = 0; power <= 22; power++) {
      for (const value of [10 ** power - 1, 10 ** power, 10 ** power + 1]) {
        expect([value, numberSize(value)]).toEqual([value, jsonBytes(value)]);
        expect([-value, numberSize(-value)]).toEqual([-value, jsonBytes(-value)]);
      }
    }
  });

  it.each([0, -0, 0.5, 1.5, -1, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 1e21, 1e-7, 5e-324, Number.MAX_VALUE, 999_999_999.5])(
    "counts %p",
    (value) => {
      expect(numberSize(value)).toBe(jsonBytes(value));
    },
  );

  it("counts any finite number", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        expect(numberSize(value)).toBe(jsonBytes(value));
      }),
      { numRuns: 1000 },
    );
  });
});
