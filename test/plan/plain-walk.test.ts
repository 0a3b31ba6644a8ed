import fc from "fast-check";
import { formatPayloadPath } from "../../src/plan/payload-path.js";
import { failureOf } from "./failure.js";
import { jsonValue, wideValueWithBytes, widePayload } from "./payload-arbitrary.js";
import { comparable, jsonBytes, modelPlan, planOf, type ComparablePlan, type Limits } from "./plan-model.js";

// The fast walk recurses so many levels, and then hands over.
const RECURSION = 256;

const limits = fc.record({
  maxInlineSize: fc.oneof(fc.nat({ max: 40 }), fc.nat({ max: 400 }), fc.nat({ max: 3000 })),
  maxEnvelopeSize: fc.oneof(fc.integer({ min: 30, max: 300 }), fc.integer({ min: 300, max: 5000 })),
  maxRecursionDepth: fc.constantFrom(0, 1, 2, 3, 10, 300),
});

function parsed(value: unknown): unknown {
  const json = JSON.stringify(value) as string | undefined;
  return json === undefined ? undefined : JSON.parse(json);
}

/** Does something while objects inherit a property. */
function withInherited<T>(prototype: object, key: string, descriptor: PropertyDescriptor, act: () => T): T {
  Object.defineProperty(prototype, key, { ...descriptor, configurable: true });
  try {
    return act();
  } finally {
    Reflect.deleteProperty(prototype, key);
  }
}

/** The plan that the general walk makes alone. */
function generalPlan(payload: unknown, limit: Partial<Limits>): ComparablePlan {
  // What JSON.stringify does not heed is enough to keep the fast walk away.
  return withInherited(Object.prototype, "toJSON", { value: undefined, writable: true }, () =>
    comparable(planOf(payload, limit)),
  );
}

type Wrap = (inner: unknown) => unknown;

const plain = fc.constantFrom<unknown>(1, "text", 0.123456789, null, true, [], {}, [1, ["é"]], {
  a: { b: "x".repeat(30) },
});

/** Puts a value into a plain container, somewhere among others. */
const wrap: fc.Arbitrary<Wrap> = fc
  .tuple(fc.boolean(), fc.array(plain, { maxLength: 3 }), fc.array(plain, { maxLength: 3 }))
  .map(([isArray, before, after]) => (inner) => {
    const items = [...before, inner, ...after];
    return isArray ? items : Object.fromEntries(items.map((item, index) => [`key ${index}`, item]));
  });

/** What the fast walk can't pass, and what JSON makes of it is well-defined. */
const stumblingBlock: fc.Arbitrary<() => unknown> = fc.constantFrom<() => unknown>(
  () => "x".repeat(500),
  () => "é\n".repeat(30),
  () => Array.from({ length: 60 }, (_, i) => i / 7),
  () => undefined,
  () => () => 1,
  () => Symbol("s"),
  () => -0,
  () => NaN,
  () => new Date(0),
  () => new String("boxed"),
  () => ({ $storageRef: "forged", inner: [0.1234567] }),
  () => ({ $: 1, a: ["x".repeat(60)] }),
  () => ({ '"é\u0001': [1, 2, { a: -0 }] }),
  () => Object.assign(Object.create(null) as object, { a: [1, undefined] }),
  () =>
    new (class Point {
      readonly x = { deep: [1.23456789] };
      readonly y = "y".repeat(50);
    })(),
  () => Object.assign([1, 2], { toJSON: () => ["from toJSON", 1 / 3] }),
  () => Object.assign([1, 2], { toJSON: 1, extra: 2 }),
  () => ({ a: 1, toJSON: () => ({ b: "x".repeat(90) }) }),
  () => new Proxy({ a: [1, new Date(1)] }, {}),
  () => new Proxy([1, { b: undefined }], {}),
  () => new Map([[1, 2]]),
  () => [1, , 2],
  () => ({
    get computed() {
      return [1 / 3, undefined];
    },
  }),
);

describe("The fast walk and the general one", () => {
  it("make the same plan of any payload", () => {
    fc.assert(
      fc.property(fc.oneof(widePayload, wideValueWithBytes), limits, (payload, limit) => {
        expect(comparable(planOf(payload, limit))).toEqual(generalPlan(payload, limit));
      }),
      { numRuns: 200 },
    );
  });

  it("make the plan that the rules say, wherever the one hands over to the other", () => {
    const property = fc.property(
      fc.array(wrap, { maxLength: 6 }),
      fc.array(stumblingBlock, { minLength: 1, maxLength: 3 }),
      fc.array(wrap, { maxLength: 3 }),
      limits,
      (outer, blocks, inner, limit) => {
        const inside = blocks.map((block) => inner.reduce<unknown>((value, around) => around(value), block()));
        const payload = outer.reduce<unknown>((value, around) => around(value), inside);
        const plan = comparable(planOf(payload, limit));
        expect(plan).toEqual(modelPlan(parsed(payload), limit));
        expect(plan).toEqual(generalPlan(payload, limit));
      },
    );
    fc.assert(property, { numRuns: 400 });
  });

  it("make the plan that the rules say, with bytes somewhere", () => {
    const property = fc.property(fc.array(wrap, { maxLength: 8 }), jsonValue, limits, (outer, beside, limit) => {
      const payload = outer.reduce<unknown>((value, around) => around(value), [beside, new Uint8Array(5), beside]);
      expect(comparable(planOf(payload, limit))).toEqual(modelPlan(payload, limit));
    });
    fc.assert(property, { numRuns: 200 });
  });
});

/** `inner` so many levels deep, with something beside it on each. */
function nested(levels: number, inner: unknown, isArray: boolean): unknown {
  let value = inner;
  for (let level = 0; level < levels; level++)
    value = isArray ? [0.1234567, value, "é"] : { n: 1 / 3, a: value, z: "é" };
  return value;
}

const nestedPath = (levels: number, isArray: boolean): (string | number)[] =>
  Array.from({ length: levels }, () => (isArray ? 1 : "a"));

describe.each([
  RECURSION - 2,
  RECURSION - 1,
  RECURSION,
  RECURSION + 1,
  RECURSION + 2,
  2 * RECURSION,
  2 * RECURSION + 1,
])("At %i levels", (levels) => {
  const bottoms: [string, () => unknown][] = [
    ["a text", () => "end"],
    ["a long text", () => "é".repeat(200)],
    ["something that JSON leaves out", () => undefined],
    ["a reserved key", () => ({ $storageRef: [1] })],
    ["an empty object", () => ({})],
    ["more plain levels", () => nested(4, { b: [1 / 3] }, false)],
    ["a Date", () => new Date(0)],
  ];
  it.each(bottoms)("%s is planned as the rules say", (_name, bottom) => {
    for (const isArray of [true, false]) {
      const payload = nested(levels, bottom(), isArray);
      const expected = parsed(payload);
      for (const maxRecursionDepth of [0, 1, levels - 1, levels, levels + 1, 10_000]) {
        for (const maxInlineSize of maxRecursionDepth === 1 ? [150, 100_000] : [150]) {
          const limit = { maxRecursionDepth, maxInlineSize };
          const plan = comparable(planOf(payload, limit));
          expect(plan).toEqual(generalPlan(payload, limit));
          if (maxRecursionDepth < 2) expect(plan).toEqual(modelPlan(expected, limit)); // above, the model takes long
        }
      }
      expect(planOf(payload).size).toBe(jsonBytes(payload));
    }
  });

  it("a getter that fails is named with its own path", () => {
    for (const isArray of [true, false]) {
      const cause = new Error("s3cr3t");
      const bottom = {
        fine: [1],
        get broken(): unknown {
          throw cause;
        },
      };
      const error = failureOf(() => planOf(nested(levels, bottom, isArray)));
      expect([error.code, error.cause]).toEqual(["UNSERIALIZABLE", cause]);
      const place = formatPayloadPath([...nestedPath(levels, isArray), "broken"]);
      expect(error.message).toBe(
        `The value at ${place} can't be stored as JSON: reading it failed (a getter, a toJSON method or a proxy threw). [UNSERIALIZABLE, dehydrate]`,
      );
    }
  });

  it("a cycle is named with the place where an object stands inside itself", () => {
    for (const isArray of [true, false]) {
      const bottom: Record<string, unknown> = {};
      bottom["list"] = [1, { self: bottom }];
      const expectNamed = (payload: unknown, place: (string | number)[]): void => {
        const error = failureOf(() => planOf(payload));
        expect(error.message).toBe(
          `The value at ${formatPayloadPath(place)} can't be stored as JSON: it is a cycle: an object that stands inside itself. [UNSERIALIZABLE, dehydrate]`,
        );
      };
      const path = nestedPath(levels, isArray);
      expectNamed(nested(levels, bottom, isArray), [...path, "list", 1, "self"]);
      const root: unknown[] = [];
      root.push(nested(levels - 1, root, isArray)); // a cycle over as many objects
      expectNamed(root, [0, ...nestedPath(levels - 1, isArray)]);
    }
  });
});

describe("The fast walk", () => {
  it("meets a cycle with many ways through it, and does not go all of them", () => {
    const node: Record<string, unknown> = {};
    node["left"] = [node, node, { again: node }];
    node["right"] = { a: node, b: [node] };
    expect(failureOf(() => planOf({ node })).message).toContain("$.node.left[0] can't");
  });

  it("names a getter that fails wherever it stands among others", () => {
    for (const count of [1, 2, 70]) {
      for (let at = 0; at < count; at += Math.max(1, count - 2)) {
        for (const before of [1, "x".repeat(2000), [1], new Date(0), undefined]) {
          const object = Object.fromEntries(Array.from({ length: count }, (_, i) => [`key${i}`, i < at ? before : 1]));
          Object.defineProperty(object, `key${at}`, {
            enumerable: true,
            get: () => {
              throw new Error("no");
            },
          });
          expect(failureOf(() => planOf([0, object])).message).toContain(`The value at $[1].key${at} can't`);
        }
      }
    }
  });

  it("leaves nothing behind of a walk that a getter ended, if the getter works the next time", () => {
    for (const maxRecursionDepth of [0, 10]) {
      let reads = 0;
      const payload = {
        numbers: [Math.PI, Math.E],
        inner: {
          text: "é",
          number: 1 / 3,
          get late() {
            if (reads++ === 0) throw new Error("not yet");
            return 1 / 7;
          },
        },
      };
      const plan = planOf(payload, { maxRecursionDepth });
      expect([plan.size, plan.inlineSize]).toEqual([jsonBytes(payload), jsonBytes(payload)]);
    }
  });

  it.each<[string, object, string, PropertyDescriptor]>([
    ["a key", Object.prototype, "polluted", { value: "inherited", enumerable: true }],
    ["a key that begins with $", Object.prototype, "$storageRef", { value: "inherited", enumerable: true }],
    ["an index", Object.prototype, "1", { value: "inherited", enumerable: true }],
    ["an item", Array.prototype, "1", { value: "inherited", enumerable: true }],
    ["a toJSON that is no function", Object.prototype, "toJSON", { value: 1, enumerable: true }],
    [
      "a toJSON that gives the object itself",
      Object.prototype,
      "toJSON",
      {
        value(this: unknown) {
          return this;
        },
      },
    ],
    ["a toJSON that gives something else", Object.prototype, "toJSON", { value: () => "from toJSON" }],
    ["a toJSON of arrays", Array.prototype, "toJSON", { value: () => "from toJSON" }],
  ])("says what JSON.stringify says where all inherit %s", (_name, prototype, key, descriptor) => {
    const payload = { a: [1, , { b: "x".repeat(30) }], c: [[]], d: { e: 1 / 3, f: {} } };
    const [plan, json] = withInherited(prototype, key, descriptor, () => {
      const { value, size, inlineSize } = planOf({ payload });
      return [[JSON.stringify(value), size, inlineSize], JSON.stringify({ payload })];
    });
    expect(plan).toEqual([json, Buffer.byteLength(json), Buffer.byteLength(json)]);
  });

  it("does not copy what stays, nor read it more often than the general walk does", () => {
    const payload = nested(300, { b: [1, 2, 3] }, false);
    const plan = planOf(payload, { maxInlineSize: 1e6, maxEnvelopeSize: 1e6 });
    expect(plan.value).toBe(payload);
    let reads = 0;
    const counted = {
      list: Array.from({ length: 50 }, () => ({
        get n() {
          return ++reads;
        },
      })),
    };
    planOf(counted, { maxInlineSize: 1e6 });
    expect(reads).toBe(50);
  });
});
