import vm from "node:vm";
import { isPlainContainer, jsonValue } from "../../src/plan/json-value.js";
import { planOf } from "./plan-model.js";

declare global {
  interface BigInt {
    toJSON?(key: string): unknown;
  }
}

/** What a payload with `value` at `key` becomes, and what JSON.stringify says. */
function both(value: unknown): [unknown, string | undefined][] {
  return [value, { key: value }, [value]].map((payload) => [
    JSON.stringify(planOf(payload).value),
    JSON.stringify(payload) as string | undefined,
  ]);
}

function expectAsJson(value: unknown): void {
  for (const [planned, json] of both(value)) expect(planned).toBe(json);
}

describe("Values follow JSON.stringify", () => {
  it.each<[string, unknown]>([
    ["undefined", undefined],
    ["a function", () => 1],
    ["a symbol", Symbol("s")],
    ["NaN", NaN],
    ["Infinity", -Infinity],
    ["-0", -0],
    ["a Date", new Date(0)],
    ["an invalid Date", new Date(NaN)],
    ["a boxed number", new Number(1.5)],
    ["a boxed NaN", new Number(NaN)],
    ["a boxed -0", new Number(-0)],
    ["a boxed string", new String("s")],
    ["a boxed true", new Boolean(true)],
    ["a boxed symbol", Object(Symbol("s"))],
    ["a Map", new Map([[1, 2]])],
    ["an object without prototype", Object.assign(Object.create(null) as object, { a: 1 })],
    ["an array with holes", [, 1, ,]],
    ["an array with other properties", Object.assign([1], { a: 1 })],
    [
      "arguments",
      (function (...items: unknown[]) {
        return items;
      })(1, 2),
    ],
    ["an object of another realm", vm.runInNewContext("({ a: [1, { b: 'x' }], d: new Date(0), n: new Number(3) })")],
  ])("for %s", (_name, value) => {
    expectAsJson(value);
  });

  it("for numbers and strings whose wrappers say something else than they hold", () => {
    expectAsJson(Object.assign(new Number(1), { valueOf: () => 2 }));
    expectAsJson(Object.assign(new String("a"), { toString: () => "b" }));
    expectAsJson(Object.assign(new String("a"), { valueOf: () => "b" }));
  });

  it("for booleans, whose wrapper is not asked", () => {
    expectAsJson(Object.assign(new Boolean(true), { valueOf: () => false }));
    expectAsJson(Object.setPrototypeOf(new Boolean(true), null));
  });

  it("for a toJSON that returns the object itself, nothing, another object, or one that has a toJSON too", () => {
    expectAsJson({
      a: 1,
      toJSON() {
        return this;
      },
    });
    expectAsJson({ toJSON: () => undefined });
    expectAsJson({ toJSON: () => null });
    expectAsJson({ toJSON: () => ({ b: [1] }) });
    expectAsJson({ toJSON: () => ({ b: 1, toJSON: () => "is not called" }) });
    expectAsJson({ toJSON: () => [{ toJSON: () => "is called" }] });
    expectAsJson({ toJSON: () => new Number(3) });
    expectAsJson({ toJSON: () => () => 1 });
    expectAsJson({ toJSON: "no function" });
    expectAsJson(Object.assign(() => 1, { toJSON: () => "of a function" }));
    expectAsJson(Object.assign([1], { toJSON: () => ["of an array"] }));
    expectAsJson(
      new (class {
        toJSON() {
          return { own: this.constructor.name };
        }
      })(),
    );
  });

  it("for toJSON, which is told the key: none at the root, and that of an item as a string", () => {
    const told: unknown[] = [];
    const value = { toJSON: (key: unknown) => void told.push(key) };
    planOf(value);
    planOf({ name: value, list: [0, value] });
    expect(told).toEqual(["", "name", "1"]);
  });

  it("for what a toJSON gives that has a toJSON that would change it again", () => {
    const inner = { a: "x", toJSON: () => "changed again" };
    const plan = planOf({ outer: { toJSON: () => inner } });
    expect(JSON.stringify(plan.value)).toBe('{"outer":{"a":"x"}}');
    expect(plan.inlineSize).toBe(19);
  });

  it("for a BigInt that has been given a toJSON", () => {
    Object.defineProperty(BigInt.prototype, "toJSON", {
      configurable: true,
      value(this: bigint, key: string) {
        return `${this} at ${JSON.stringify(key)}`;
      },
    });
    try {
      expectAsJson(12n);
      expectAsJson(Object(13n));
    } finally {
      delete BigInt.prototype.toJSON;
    }
  });

  it("for primitives, which are not asked though their prototypes might have a toJSON", () => {
    Object.defineProperty(String.prototype, "toJSON", { configurable: true, value: () => "of String" });
    Object.defineProperty(Number.prototype, "toJSON", { configurable: true, value: () => "of Number" });
    try {
      for (const value of ["a", 1, true]) expect(jsonValue(value, "")).toBe(value);
      expect(jsonValue(new String("a"), "")).toBe("of String");
    } finally {
      delete (String.prototype as { toJSON?: unknown }).toJSON;
      delete (Number.prototype as { toJSON?: unknown }).toJSON;
    }
  });
});

describe("isPlainContainer", () => {
  it("takes arrays, object literals and objects without prototype", () => {
    expect(isPlainContainer([])).toBe(true);
    expect(isPlainContainer({})).toBe(true);
    expect(isPlainContainer(Object.create(null) as object)).toBe(true);
  });

  it("takes nothing whose prototype could say something else", () => {
    for (const value of [
      new Date(),
      new Map(),
      Object.create({}),
      new (class extends Object {})(),
      new Uint8Array(),
      new Number(1),
    ]) {
      expect(isPlainContainer(value as object)).toBe(false);
    }
  });
});
