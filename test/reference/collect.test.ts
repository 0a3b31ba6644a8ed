import assert from "node:assert/strict";
import fc from "fast-check";
import vm from "node:vm";
import { collectReferences, fill, type Place } from "../../src/reference/collect.js";
import { deepFreeze, jsonValue } from "../plan/payload-arbitrary.js";
import { failureOf } from "../plan/failure.js";

const isReference = (value: Readonly<Record<string, unknown>>) =>
  Object.hasOwn(value, "$ref") ? "reference" : undefined;

function collect(
  value: unknown,
  unescape = true,
  recognise: (value: Readonly<Record<string, unknown>>) => unknown = isReference,
  owned = false,
) {
  const container: unknown[] = [];
  const found = collectReferences(value, { container, key: 0 }, { unescape, recognise, owned });
  return { copy: container[0], found };
}

/** A value so many levels deep, objects and arrays in turn, with something beside what is inside. */
function nested(levels: number, innermost: unknown): unknown {
  let value = innermost;
  for (let level = 0; level < levels; level++) value = level % 2 === 0 ? [level, value] : { level, value, $$bubu: [] };
  return value;
}

describe("collectReferences", () => {
  it("copies any JSON value that holds no reference, and shares nothing with it", () => {
    fc.assert(
      fc.property(jsonValue, (value) => {
        const { copy, found } = collect(deepFreeze(value), false, () => undefined);
        expect(found).toEqual([]);
        assert.deepStrictEqual(copy, value);
        expect(JSON.stringify(copy)).toBe(JSON.stringify(value));
        if (typeof value === "object" && value !== null) expect(copy).not.toBe(value);
      }),
      { numRuns: 500 },
    );
  });

  it("finds every reference, in order, and leaves null in its place until it is filled", () => {
    const value = deepFreeze({ a: { $ref: 1 }, list: [0, { $ref: 2 }, [{ b: { $ref: 3, more: 1 } }]], c: {} });
    const { copy, found } = collect(value);
    expect(copy).toEqual({ a: null, list: [0, null, [{ b: null }]], c: {} });
    expect(found.map((reference) => reference.value)).toEqual([{ $ref: 1 }, { $ref: 2 }, { $ref: 3, more: 1 }]);
    expect(found.map(({ kind }) => kind)).toEqual(["reference", "reference", "reference"]);
    expect(found[0]!.value).toBe(value.a);
    found.forEach(({ place }, index) => fill(place, `value ${index}`));
    expect(copy).toEqual({ a: "value 0", list: [0, "value 1", [{ b: "value 2" }]], c: {} });
  });

  it("finds one that is the value itself, and does not look inside", () => {
    const { copy, found } = collect({ $ref: { $ref: 1 } });
    expect(copy).toBeNull();
    expect(found).toHaveLength(1);
  });

  it("asks only about objects that have a key with a dollar sign", () => {
    const asked: unknown[] = [];
    collect([{ a: 1 }, { a: 1, $b: 2 }, { $: 1 }, {}, [], { a$: 1 }], false, (value) => {
      asked.push(value);
      return undefined;
    });
    expect(asked).toEqual([{ a: 1, $b: 2 }, { $: 1 }]);
  });

  it("unescapes keys at any depth, where that is wanted", () => {
    const value = { $$storageRef: [{ $$$bubu: { $$x: 1 } }], plain: "$$storage" };
    expect(collect(value).copy).toEqual({ $storageRef: [{ $$bubu: { $$x: 1 } }], plain: "$$storage" });
    expect(collect(value, false).copy).toEqual(value);
  });

  it("puts what it finds under the unescaped key", () => {
    const { copy, found } = collect({ $$storageX: { $ref: 1 } });
    fill(found[0]!.place, "value");
    expect(copy).toEqual({ $storageX: "value" });
  });

  it("copies __proto__ as a key like any other, and fills it so", () => {
    const { copy, found } = collect(JSON.parse('{"__proto__":{"a":1},"b":{"__proto__":{"$ref":1}}}'));
    fill(found[0]!.place, { polluted: true });
    expect(JSON.stringify(copy)).toBe('{"__proto__":{"a":1},"b":{"__proto__":{"polluted":true}}}');
    expect(Object.getPrototypeOf(copy)).toBe(Object.prototype);
    expect((copy as { polluted?: unknown }).polluted).toBeUndefined();
  });

  it("hands on what is neither array nor plain object as it is", () => {
    const odd = [new Date(0), new Map(), () => 1, Symbol("s"), 1n, new (class extends Object {})()];
    const { copy } = collect({ odd, gone: undefined });
    (copy as { odd: unknown[] }).odd.forEach((value, index) => expect(value).toBe(odd[index]));
    expect(Object.keys(copy as object)).toEqual(["odd", "gone"]);
  });

  it("copies bytes", () => {
    const bytes = Buffer.from("bytes");
    const { copy } = collect({ bytes });
    const copied = (copy as { bytes: Uint8Array }).bytes;
    bytes.fill(0);
    expect(copied).toStrictEqual(new Uint8Array(Buffer.from("bytes")));
  });

  it("knows plain objects without prototype, and those of other realms", () => {
    const bare = Object.assign(Object.create(null) as object, { a: { $ref: 1 } });
    const foreign: unknown = vm.runInNewContext("({ list: [{ $ref: 2 }] })");
    const { copy, found } = collect([bare, foreign]);
    expect(found.map(({ value }) => value["$ref"])).toEqual([1, 2]);
    expect(copy).toStrictEqual([{ a: null }, { list: [null] }]);
  });

  it("refuses a value that stands inside itself, but not one that stands in two places", () => {
    const node: Record<string, unknown> = { a: [] };
    (node["a"] as unknown[]).push({ node });
    const error = failureOf(() => collect({ node }));
    expect(error).toMatchObject({ code: "UNSERIALIZABLE", operation: "hydrate" });
    expect(error.message).toContain("cycle");
    const shared = { b: [1] };
    const { copy } = collect([shared, { shared }, shared]);
    expect(copy).toEqual([shared, { shared }, shared]);
    const [first, , third] = copy as unknown[];
    expect(first).not.toBe(third);
  });

  it.each([1, 2, 99, 100, 101, 250])("refuses a cycle of %i objects that branches, in no time", (length) => {
    const objects = Array.from({ length }, (): Record<string, unknown> => ({}));
    objects.forEach((object, index) => {
      object["a"] = object["b"] = objects[(index + 1) % length];
    });
    expect(failureOf(() => collect(objects[0])).code).toBe("UNSERIALIZABLE");
  });

  it("copies a sparse array as one that has undefined where nothing is", () => {
    const sparse: unknown[] = [];
    sparse[2] = 1;
    expect(collect(sparse).copy).toStrictEqual([undefined, undefined, 1]);
  });

  it("reaches references below 100,000 levels", () => {
    let value: unknown = { $ref: 1 };
    for (let level = 0; level < 100_000; level++) value = level % 2 === 0 ? [value] : { value };
    const { found } = collect(value);
    expect(found.map((reference) => reference.value)).toEqual([{ $ref: 1 }]);
  });
});

describe("collectReferences, of a value that is nobody else's", () => {
  it("gives what it gives of a copy, in the same order", () => {
    fc.assert(
      fc.property(jsonValue, fc.boolean(), (value, unescape) => {
        const recognise = (object: Readonly<Record<string, unknown>>) =>
          Object.keys(object)[0]?.startsWith("$") === true ? Object.keys(object)[0] : undefined;
        const text = JSON.stringify(value);
        const copied = collect(deepFreeze(value), unescape, recognise);
        const owned = collect(JSON.parse(text) as unknown, unescape, recognise, true);
        assert.deepStrictEqual(owned.copy, JSON.parse(JSON.stringify(copied.copy)));
        expect(JSON.stringify(owned.copy)).toBe(JSON.stringify(copied.copy));
        expect(owned.found.map(({ kind, place }) => [kind, place.key])).toEqual(
          copied.found.map(({ kind, place }) => [kind, place.key]),
        );
      }),
      { numRuns: 500 },
    );
  });

  it("copies only objects of which a key is unescaped", () => {
    const value = { list: [{ a: 1 }], b: { $$storageX: { c: {} }, d: 1 } };
    const { list } = value;
    const { c } = value.b.$$storageX;
    const { copy } = collect(value, true, isReference, true);
    expect(copy).toBe(value);
    expect(copy).toEqual({ list: [{ a: 1 }], b: { $storageX: { c: {} }, d: 1 } });
    const taken = copy as { list: unknown; b: { $storageX: { c: unknown } } };
    expect(taken.list).toBe(list);
    expect(taken.b.$storageX.c).toBe(c);
  });

  it("keeps the order of keys where one of them is unescaped, and has the last of two that become one", () => {
    const text = '{"z":1,"$$storage":{"a":[]},"__proto__":{"x":1},"$storage":2}';
    const { copy } = collect(JSON.parse(text), true, isReference, true);
    expect(JSON.stringify(copy)).toBe('{"z":1,"$storage":2,"__proto__":{"x":1}}');
    expect(Object.getPrototypeOf(copy)).toBe(Object.prototype);
  });

  it.each([false, true])("is the same around the depth from which there is no recursion (owned: %s)", (owned) => {
    for (let levels = 95; levels < 110; levels++) {
      const value = nested(levels, { $ref: 1 });
      const { copy, found } = collect(value, true, isReference, owned);
      expect(found).toHaveLength(1);
      fill(found[0]!.place, "filled");
      const expected = JSON.stringify(nested(levels, "filled")).replaceAll("$$bubu", "$bubu");
      expect(JSON.stringify(copy)).toBe(expected);
    }
  });
});

describe("fill", () => {
  it("puts a value into an array, an object, and under __proto__", () => {
    const list: unknown[] = [1, 2];
    fill({ container: list, key: 1 }, "b");
    const object: Record<string, unknown> = { a: 1 };
    const places: Place[] = ["a", "new", "__proto__"].map((key) => ({ container: object, key }));
    for (const place of places) fill(place, [place.key]);
    expect(list).toEqual([1, "b"]);
    expect(Object.entries(object)).toEqual([
      ["a", ["a"]],
      ["new", ["new"]],
      ["__proto__", ["__proto__"]],
    ]);
    expect(Object.getOwnPropertyDescriptor(object, "__proto__")).toEqual({
      value: ["__proto__"],
      writable: true,
      enumerable: true,
      configurable: true,
    });
  });
});
