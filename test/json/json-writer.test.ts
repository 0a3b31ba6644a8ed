import stableStringify from "fast-json-stable-stringify";
import fc from "fast-check";
import { isStorageError } from "../../src/errors/error.js";
import { JsonWriter } from "../../src/json/json-writer.js";
import { KiB, deep, longestStep, numbers, objectOf, record, run, tree, written } from "./json-steps.js";
import { jsonValue } from "../plan/payload-arbitrary.js";

const SHAPES: [string, () => unknown][] = [
  ["an array of 10,000 records", () => numbers(10_000).map(record)],
  [
    "an object of 10,000 records",
    () =>
      objectOf(
        numbers(10_000).map((i) => `key ${i}`),
        record,
      ),
  ],
  [
    "an object of 10,000 integer-like keys",
    () =>
      objectOf(
        numbers(10_000).map((i) => String(10_000 - i)),
        (i) => i,
      ),
  ],
  [
    "one huge item among small ones",
    () => [...numbers(3000), "x".repeat(300 * KiB), numbers(50_000), ...numbers(3000)],
  ],
  ["one huge text that needs escapes", () => ({ a: [1, '"\n\u0001\ud800'.repeat(50_000)], b: "€".repeat(50_000) })],
  ["an object with few keys, and much in one", () => ({ a: 1, b: { c: numbers(40_000).map(String) }, d: "end" })],
  [
    "an object with many keys, and much in one",
    () => ({ ...objectOf(Array.from("abcdefghijklmnopqrstuvw"), (i) => i), z: numbers(40_000) }),
  ],
  [
    "much in a value below a map",
    () => objectOf(numbers(200).map(String), (i) => ({ n: i === 150 ? numbers(30_000) : i })),
  ],
  ["a tree of pairs", () => tree(2, 12, { a: "text", b: [1, [], {}] })],
  ["a tree of tens", () => tree(10, 4, 12_345)],
  ["an array of arrays", () => numbers(300).map(() => numbers(300))],
  ["empty containers", () => [numbers(20_000).map(() => []), numbers(20_000).map(() => ({})), [[]], {}, { a: {} }]],
  [
    "keys of all kinds",
    () => numbers(2000).map((i) => JSON.parse(`{"__proto__":${i},"":0,"\\"é":[],"\\ud800":1,"1":2}`) as unknown),
  ],
  ["a long key", () => ({ ["k".repeat(100 * KiB)]: 1, ['"'.repeat(100 * KiB)]: [], ["€😀".repeat(20_000)]: { a: 1 } })],
  ["objects without prototype", () => numbers(3000).map((i) => Object.assign(Object.create(null) as object, { i }))],
  [
    "texts at the length of a step",
    () => [32_766, 32_767, 32_768, 32_769].flatMap((n) => ["x".repeat(n), "é".repeat(n)]),
  ],
  ["a text alone", () => "x😀".repeat(40_000)],
  ["records 40 deep", () => deep(40, numbers(10_000).map(record), (value) => ({ level: 1, value, end: [0] }))],
  ["a map of records 300 deep", () => deep(300, Object.assign({}, numbers(5000).map(record)), (value) => [value])],
  ["a tree of pairs 30 deep", () => deep(30, tree(2, 12, { b: "text", a: [1, [], {}] }), (value) => [1, value, 2])],
  ["one huge item behind many small ones", () => [...numbers(30_000), numbers(10_000).map(record), 1]],
];

describe("JsonWriter writes what JSON.stringify writes", () => {
  it("for any value", () => {
    fc.assert(
      fc.property(jsonValue, fc.nat({ max: 300 }), (value, expectedSize) => {
        expect(written(value, expectedSize)).toBe(JSON.stringify(value));
      }),
      { numRuns: 500 },
    );
  });

  it("for any value that stands many times in a large one", () => {
    const property = fc.property(jsonValue, jsonValue, fc.boolean(), (value, other, inObject) => {
      const items = numbers(3000).map((index) => (index % 700 === 699 ? other : { index, value }));
      const large = inObject ? Object.assign({}, items) : [items, other];
      expect(written(large) === JSON.stringify(large)).toBe(true);
    });
    fc.assert(property, { numRuns: 20 });
  });

  it.each(SHAPES)("for %s, whatever size was expected", (_name, make) => {
    const value = make();
    const json = JSON.stringify(value);
    const size = Buffer.byteLength(json);
    for (const expectedSize of [0, 1, size - 1, size, size + 1, 2 * size]) {
      expect(written(value, expectedSize) === json).toBe(true);
    }
  });

  it.each([15, 16, 17, 18, 255, 256, 257, 5000, 100_000])("for what is nested %i deep", (levels) => {
    const open = levels % 2 === 0 ? "[" : '{"a":[1],"b":';
    const close = levels % 2 === 0 ? "]" : ',"c":0}';
    const inner = numbers(2000);
    const value = deep(levels, inner, (v) => (levels % 2 === 0 ? [v] : { a: [1], b: v, c: 0 }));
    const json = open.repeat(levels) + JSON.stringify(inner) + close.repeat(levels);
    expect(written(value) === json).toBe(true);
  });

  it("for texts that just fit what is left, whatever bytes their characters have", () => {
    for (const piece of ["x", "é", "€", "😀", "\n"]) {
      for (let length = 0; length < 40; length++) {
        for (const before of ["", "a", "é", "€", "😀"]) {
          const value = [before + piece.repeat(length)];
          const json = JSON.stringify(value);
          const size = Buffer.byteLength(json);
          for (let expected = Math.max(0, size - 6); expected <= size + 4; expected++) {
            if (written(value, expected) !== json) expect([value, expected]).toBe("written whole");
          }
        }
      }
    }
  });

  it("for arrays that are of a subclass, or hide what arrays have", () => {
    class Owned extends Array<unknown> {
      constructor(owner: { name: string }) {
        super();
        this.push(...Array.from(owner.name));
      }
    }
    const text = "text".repeat(2000);
    const arrays = [
      new Owned({ name: text }),
      Object.setPrototypeOf(Array.from(text), null),
      Object.assign(Array.from(text), { slice: 1, constructor: 2, length: 8000, join: undefined }),
      new Proxy(Array.from(text), {}),
    ];
    for (const array of arrays) expect(written(array)).toBe(JSON.stringify(Array.from(text)));
  });
});

describe("JsonWriter writes what fast-json-stable-stringify writes, if that is wanted", () => {
  it("for any value", () => {
    fc.assert(
      fc.property(jsonValue, fc.nat({ max: 300 }), (value, expectedSize) => {
        expect(written(value, expectedSize, true)).toBe(stableStringify(value));
      }),
      { numRuns: 500 },
    );
  });

  it("for any value that stands many times in a large one", () => {
    const property = fc.property(jsonValue, jsonValue, fc.boolean(), (value, other, inObject) => {
      const items = numbers(3000).map((index) => (index % 700 === 699 ? other : { index, value }));
      const large = inObject ? Object.assign({}, items) : [items, other];
      expect(written(large, 64, true) === stableStringify(large)).toBe(true);
    });
    fc.assert(property, { numRuns: 20 });
  });

  it.each(SHAPES)("for %s", (_name, make) => {
    const value = make();
    expect(written(value, 64, true) === stableStringify(value)).toBe(true);
  });

  it("in an order of keys that is that of sort, however many they are", () => {
    const key = (index: number) => `${["k", "é", "\ud83d\ude00", "\uffee", ""][index % 5]}${(index * 7919) % 100_003}`;
    for (const count of [16_384, 16_385, 50_000, 100_000]) {
      const value = objectOf(numbers(count).map(key), (index) => index);
      expect(written(value, 64, true) === stableStringify(value)).toBe(true);
    }
  });

  it("for what changed since it was planned to something that JSON leaves out", () => {
    for (const value of [undefined, () => 1, Symbol("s")]) {
      expect(written({ b: numbers(20_000), a: value, c: [value] }, 64, true)).toBe(
        stableStringify({ b: numbers(20_000), c: [null] }),
      );
    }
  });
});

describe("JsonWriter works in steps", () => {
  // A long text is written as it is; and items are taken together that were small so far, and values of a map.
  const split = SHAPES.filter(([name]) => !/one huge|long key|length of a step|below a map|text alone/.test(name));

  it.each(split)("none of which writes more than 128 KiB of %s, and few of which write less than 8", (_name, make) => {
    const value = make();
    expect(longestStep(value)).toBeLessThan(128 * KiB);
    expect(longestStep(value, true)).toBeLessThan(128 * KiB);
    const steps = [...new JsonWriter(64).write(value)].length;
    const size = Buffer.byteLength(JSON.stringify(value));
    expect(steps).toBeGreaterThanOrEqual(Math.floor(size / (128 * KiB)));
    expect(steps).toBeLessThan(size / (8 * KiB) + 10);
  });
});

function inLines(value: unknown, expectedSize: number, lineUnits: number): string {
  const writer = new JsonWriter(expectedSize);
  run(writer.write(value, lineUnits));
  return run(writer.end()).toString();
}

describe("Lines", () => {
  afterEach(() => jest.restoreAllMocks());

  it("are written without making JSON in vain, however the sizes of items vary", () => {
    const ring = (i: number): unknown => numbers(i % 40 === 0 ? 20_000 : 5).map((n) => [n / 7, n / 3]);
    const rings = [...numbers(400).map(ring), ...numbers(400).map((i) => ({ ring: ring(i + 7) }))];
    const json = JSON.stringify(rings);
    const stringify = jest.spyOn(JSON, "stringify");
    const text = inLines(rings, json.length, 300_000);
    const made = stringify.mock.results.reduce((sum, { value }) => sum + (value as string).length, 0);
    expect(text.replaceAll("\n", "")).toBe(json);
    expect(text.split("\n").length).toBeGreaterThan(8);
    expect(made).toBeLessThan(json.length * 1.1);
  });
});

describe("A value that changes while it is written", () => {
  const omitted: [string, () => unknown][] = [
    ["undefined", () => undefined],
    ["a function", () => () => 1],
    ["a symbol", () => Symbol("s")],
    ["an object that says it is nothing", () => ({ toJSON: () => undefined })],
  ];

  it.each(omitted)("to %s is left out of an object, and is null in an array", (_name, make) => {
    const parts = numbers(40).map((i) => String.fromCharCode(97 + i));
    for (const size of [2, 3, 16, 17, 40]) {
      for (const at of [0, 1, size - 1]) {
        const keys = parts.slice(0, size);
        const object = objectOf(keys, (i) => (i === at ? make() : "x".repeat(2000)));
        expect(written(object) === JSON.stringify(object)).toBe(true);
        expect(written([object]) === JSON.stringify([object])).toBe(true);
        const array = Object.values(object);
        expect(written(array) === JSON.stringify(array)).toBe(true);
      }
    }
    expect(written(objectOf(["a", "b"], make))).toBe("{}");
    const huge = { a: make(), b: numbers(20_000), c: make() };
    expect(written(huge)).toBe(JSON.stringify(huge));
  });

  it("is valid JSON, whenever it changes and however", () => {
    const changes = fc.constantFrom<(target: Record<string, unknown>, key: string) => void>(
      (target, key) => void Reflect.deleteProperty(target, key),
      (target, key) => void (target[key] = undefined),
      (target, key) => void (target[key] = () => 1),
      (target, key) => void (target[key] = "é\ud800".repeat(30_000)),
      (target, key) => void (target[key] = NaN),
      (target, key) => void (target[key] = new Date(0)),
      (target, key) => void (target[key] = [undefined, numbers(9)]),
      (target) => void (target["new"] = 1),
      (target) => {
        if (Array.isArray(target)) target.length = Math.floor(target.length / 2);
      },
    );
    const property = fc.property(
      changes,
      fc.nat({ max: 12 }),
      fc.constantFrom("array", "map", "record"),
      fc.infiniteStream(fc.nat()),
      (change, step, shape, random) => {
        const items = numbers(3000).map(record);
        const map = Object.assign({}, items);
        const shapes: Record<string, object> = { array: items, map, record: { a: 1, b: items, c: map } };
        const target = shapes[shape] as Record<string, unknown>;
        const writer = new JsonWriter(64);
        let steps = 0;
        run(writer.write(target), () => {
          if (steps++ < step) return;
          const keys = Object.keys(target);
          change(target, keys[random.next().value! % keys.length]!);
        });
        const json = run(writer.end()).toString();
        expect(() => JSON.parse(json) as unknown).not.toThrow();
      },
    );
    fc.assert(property, { numRuns: 30 });
  });
});

describe("JSON that is longer than a string can be", () => {
  const tooLong = (write: () => unknown): boolean => {
    try {
      write();
      return false;
    } catch (error) {
      return isStorageError(error, "LIMIT_EXCEEDED");
    }
  };

  it("is refused, by its characters and not by its bytes", () => {
    const value = [numbers(10_000), "€".repeat(70_000), { a: "x".repeat(40_000) }];
    const { length } = JSON.stringify(value);
    const write = (limit: number) => [...new JsonWriter(10, limit).write(value)];
    expect(tooLong(() => write(length))).toBe(false);
    expect(tooLong(() => write(length - 1))).toBe(true);
    expect(tooLong(() => write(100))).toBe(true);
  });

  it("is refused also where one text is", () => {
    const text = "\n".repeat(40_000); // a real one would take seconds to find out
    const stringify = jest.spyOn(JSON, "stringify").mockImplementation(() => {
      throw new RangeError("Invalid string length");
    });
    try {
      expect(tooLong(() => written({ text }))).toBe(true);
    } finally {
      stringify.mockRestore();
    }
  });
});
