import stableStringify from "fast-json-stable-stringify";
import fc from "fast-check";
import { serialize } from "../../src/json/serialize.js";
import { jsonValue } from "../plan/payload-arbitrary.js";

/** The same value in `levels` arrays: deeper than JSON.stringify goes. */
function deep(value: unknown, levels = 50_000): unknown {
  let nested = value;
  for (let level = 0; level < levels; level++) nested = [nested];
  return nested;
}

const inBrackets = (json: string, levels = 50_000): string => "[".repeat(levels) + json + "]".repeat(levels);

describe("serialize", () => {
  it("writes what JSON.stringify writes", () => {
    fc.assert(
      fc.property(jsonValue, (value) => {
        expect(serialize(value, false)).toBe(JSON.stringify(value));
      }),
    );
  });

  it("writes what fast-json-stable-stringify writes, if that is wanted: keys in order, whatever it was", () => {
    fc.assert(
      fc.property(jsonValue, (value) => {
        expect(serialize(value, true)).toBe(stableStringify(value));
      }),
    );
    expect(serialize({ b: [{ d: 1, c: 2 }], a: 1, 10: 1, 9: 1 }, true)).toBe(
      '{"10":1,"9":1,"a":1,"b":[{"c":2,"d":1}]}',
    );
  });

  it("writes the same of a value at any depth, where those give up", () => {
    const dense = (): unknown => [{ b: 1, a: "é\n" }, [], {}, [[], 2], null, true, "\ud800", { "": { x: [0.5] } }];
    for (const canonical of [false, true]) {
      expect(serialize(deep(dense()), canonical) === inBrackets(serialize(dense(), canonical))).toBe(true);
    }
    fc.assert(
      fc.property(jsonValue, fc.boolean(), (value, canonical) => {
        const levels = 20_000;
        const expected = inBrackets(canonical ? stableStringify(value) : JSON.stringify(value), levels);
        expect(serialize(deep(value, levels), canonical) === expected).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  it("writes objects that are nested as deeply", () => {
    let nested: unknown = { z: 1, a: [] };
    for (let level = 0; level < 30_000; level++) nested = { z: 1, __proto__x: nested };
    const open = '{"z":1,"__proto__x":'.repeat(30_000);
    expect(serialize(nested, false) === `${open}{"z":1,"a":[]}${"}".repeat(30_000)}`).toBe(true);
    const sorted = '{"__proto__x":'.repeat(30_000);
    expect(serialize(nested, true) === `${sorted}{"a":[],"z":1}${',"z":1}'.repeat(30_000)}`).toBe(true);
  });

  it("says so when the JSON is longer than a string can be", () => {
    // A real one would take more memory than a test should.
    const cause = new RangeError("Invalid string length");
    // Node 26 writes any depth by itself, older ones don't.
    const stringify = jest.spyOn(JSON, "stringify").mockImplementationOnce(() => {
      throw new RangeError("Maximum call stack size exceeded");
    });
    const join = jest.spyOn(Array.prototype, "join").mockImplementationOnce(() => {
      throw cause;
    });
    let outcome: unknown;
    try {
      outcome = serialize(deep("x"), false);
    } catch (error) {
      outcome = error;
    } finally {
      join.mockRestore();
      stringify.mockRestore();
    }
    expect(outcome).toMatchObject({ code: "LIMIT_EXCEEDED", operation: "dehydrate", cause });
    expect((outcome as Error).message).toContain("longer than the longest string");
  });

  it("is valid JSON where a value that is nested deeply has become nothing", () => {
    const levels = 20_000;
    expect(serialize(deep(undefined, levels), false) === inBrackets("null", levels)).toBe(true);
  });

  it("hands on every other failure", () => {
    const failure = new TypeError("x");
    const failing = {
      toJSON: () => {
        throw failure;
      },
    };
    expect(() => serialize(failing, false)).toThrow(failure);
    expect(() => serialize(failing, true)).toThrow(failure);
  });
});
