import { escapeKey } from "../../src/reference/escape.js";
import { comparable, jsonBytes, planOf, type Limits } from "./plan-model.js";

const kinds = (payload: unknown, limits: Partial<Limits>) =>
  planOf(payload, limits).entries.map(({ kind, path }) => [kind, path]);

/** Texts with this many bytes of JSON. */
const textOf = (bytes: number): string => "x".repeat(bytes - 2);

describe("A string", () => {
  it("leaves as raw when its JSON has more bytes than maxInlineSize, and stays when it has as many", () => {
    expect(kinds(textOf(100), { maxInlineSize: 100 })).toEqual([]);
    expect(kinds(textOf(101), { maxInlineSize: 100 })).toEqual([["raw", []]]);
    const plan = planOf({ a: [textOf(100), textOf(101)] }, { maxInlineSize: 100 });
    expect(plan.entries).toMatchObject([{ kind: "raw", path: ["a", 1], size: 101, storedSize: 101 }]);
    expect(plan.entries[0]!.content).toEqual({ text: textOf(101) });
    expect(plan.entries[0]!.contentType).toBe("text/plain");
  });

  it.each([
    ["é", 2],
    ["€", 3],
    ["😀", 4],
    ['"', 2],
    ["\n", 2],
    ["\u0001", 6],
    ["\ud800", 6],
  ])("of %j is measured in bytes of JSON, not in characters", (piece, bytes) => {
    const text = piece.repeat(10);
    expect(kinds(text, { maxInlineSize: 10 * bytes + 2 })).toEqual([]);
    expect(kinds(text, { maxInlineSize: 10 * bytes + 1 })).toEqual([["raw", []]]);
  });

  it("leaves over maxEnvelopeSize too, though maxInlineSize would let it stay", () => {
    expect(kinds(textOf(100), { maxInlineSize: 5000, maxEnvelopeSize: 100 })).toEqual([]);
    expect(kinds(textOf(101), { maxInlineSize: 5000, maxEnvelopeSize: 100 })).toEqual([["raw", []]]);
  });

  it("leaves even when it is empty, if nothing may stay", () => {
    expect(kinds("", { maxInlineSize: 2 })).toEqual([]);
    expect(kinds("", { maxInlineSize: 1 })).toEqual([["raw", []]]);
  });
});

describe("Numbers, booleans and null", () => {
  it("stay in a container, whatever maxInlineSize is", () => {
    expect(kinds({ a: [textOf(9), 123456, true, null] }, { maxInlineSize: 0 })).toEqual([["raw", ["a", 0]]]);
  });
});

describe("A container in which nothing has left", () => {
  it.each([
    ["an object", { a: 1, b: [true, null], c: "text" }],
    ["an array", [1, 2, { a: "é" }]],
    ["an empty object", {}],
    ["an empty array", []],
  ])("leaves whole as json when it has more bytes than maxInlineSize: %s", (_name, container) => {
    const size = jsonBytes(container);
    expect(kinds(container, { maxInlineSize: size, maxRecursionDepth: 1 })).toEqual([]);
    const plan = planOf({ key: [container] }, { maxInlineSize: size - 1, maxRecursionDepth: 2 });
    expect(plan.entries.filter(({ kind }) => kind === "json")).toMatchObject([
      { path: ["key", 0], size, storedSize: size, contentType: "application/json", content: { value: container } },
    ]);
  });

  it("is measured with its own JSON, escapes included", () => {
    const value = { $storageRef: 1 };
    const limits = { maxInlineSize: jsonBytes(value) };
    expect(planOf(value, limits, { escapeKey: (key) => key }).entries).toEqual([]);
    expect(planOf(value, limits, { escapeKey }).entries).toMatchObject([
      { kind: "json", size: 17, storedSize: 18, content: { value: { $$storageRef: 1 } } },
    ]);
  });

  it("is decided on before what it stands in: the parts that are too big leave, not the whole", () => {
    const big = Array.from({ length: 50 }, (_, index) => index);
    const payload = { small: 1, list: [big, { big }] };
    expect(kinds(payload, { maxInlineSize: 100 })).toEqual([
      ["json", ["list", 0]],
      ["json", ["list", 1, "big"]],
    ]);
    expect(planOf(payload, { maxInlineSize: 100 }).value).toMatchObject({ small: 1, list: [{}, { big: {} }] });
  });
});

describe("A container in which something has left", () => {
  it("stays, although what remains of it is over maxInlineSize", () => {
    const numbers = Array.from({ length: 30 }, (_, index) => index);
    const payload = { text: textOf(200), other: numbers.map((index) => ({ index, more: Buffer.alloc(0) })) };
    const plan = planOf(payload, { maxInlineSize: 100 });
    expect(plan.entries.filter(({ kind }) => kind !== "binary")).toMatchObject([{ kind: "raw", path: ["text"] }]);
    expect(plan.inlineSize).toBeGreaterThan(100);
  });

  it("stays when it has exactly maxEnvelopeSize bytes, and leaves whole with one more", () => {
    const payload = { text: textOf(200), more: [1, 2, 3] };
    const size = planOf(payload, { maxInlineSize: 100 }).inlineSize;
    expect(kinds(payload, { maxInlineSize: 100, maxEnvelopeSize: size })).toEqual([["raw", ["text"]]]);
    expect(kinds(payload, { maxInlineSize: 100, maxEnvelopeSize: size - 1 })).toEqual([["json", []]]);
  });

  it("leaves whole in its original form, and what was planned below it is dropped", () => {
    const payload = { a: textOf(200), b: { c: Array.from({ length: 60 }, () => 7) }, d: "stays" };
    const plan = planOf(payload, { maxInlineSize: 100, maxEnvelopeSize: 120 });
    expect(plan.entries).toHaveLength(1);
    expect(plan.entries[0]).toMatchObject({ kind: "json", path: [], size: jsonBytes(payload) });
    expect(plan.entries[0]!.content).toEqual({ value: payload });
    expect((plan.entries[0]!.content as { value: unknown }).value).toBe(payload);
  });

  it("keeps what was planned beside it", () => {
    const many = Array.from({ length: 9 }, () => textOf(200));
    const payload = { before: textOf(101), many, after: textOf(101) };
    expect(kinds(payload, { maxInlineSize: 100, maxEnvelopeSize: 320 })).toEqual([
      ["raw", ["before"]],
      ["json", ["many"]],
      ["raw", ["after"]],
    ]);
  });

  it("leaves with the escapes of its keys, but without the references of its texts", () => {
    const payload = { list: Array.from({ length: 5 }, () => ({ $bubu: textOf(150) })) };
    const plan = comparable(planOf(payload, { maxInlineSize: 100, maxEnvelopeSize: 300 }));
    expect(plan.entries).toHaveLength(1);
    expect(plan.entries[0]!.content).toBe(JSON.stringify(payload.list).replaceAll("$bubu", "$$$$bubu"));
  });
});

describe("Bytes in a container that leaves whole", () => {
  const bytes = Buffer.from("bytes");

  it("stay an entry of their own, before the one that refers to them from inside", () => {
    const payload = { a: textOf(200), inner: { bytes, b: textOf(200) } };
    const plan = planOf(payload, { maxInlineSize: 100, maxEnvelopeSize: 60 });
    expect(plan.entries.map(({ kind, path }) => [kind, path])).toEqual(
      [
        ["binary", ["inner", "bytes"]],
        ["json", ["inner"]],
        ["json", []],
      ].filter(([kind, path]) => kind === "binary" || path!.length === 0),
    );
    const [binary, root] = plan.entries;
    const whole = (root!.content as { value: typeof payload }).value;
    expect(whole.inner.bytes).toBe(binary!.slot);
    expect(whole).toMatchObject({ a: textOf(200), inner: { b: textOf(200) } });
  });

  it("count as something that has left: their container stays over maxInlineSize", () => {
    const payload = [bytes, ...Array.from({ length: 100 }, () => 1)];
    expect(kinds(payload, { maxInlineSize: 100 })).toEqual([["binary", [0]]]);
  });

  it("keep their reference in a unit below maxRecursionDepth", () => {
    const payload = { unit: { deep: { bytes, filler: textOf(200) } } };
    const plan = planOf(payload, { maxInlineSize: 100, maxRecursionDepth: 1 });
    expect(plan.entries.map(({ kind, path }) => [kind, path])).toEqual([
      ["binary", ["unit", "deep", "bytes"]],
      ["json", ["unit"]],
    ]);
    expect(plan.value).toEqual({ unit: plan.entries[1]!.slot });
  });
});

describe("The root", () => {
  it("is never over maxEnvelopeSize: it is one reference then", () => {
    const payload = Array.from({ length: 100 }, () => textOf(101));
    const plan = planOf(payload, { maxInlineSize: 100, maxEnvelopeSize: 1024 });
    expect(plan.value).toBe(plan.entries[0]!.slot);
    expect(plan.entries).toMatchObject([{ kind: "json", path: [], content: { value: payload } }]);
  });

  it("is not over it either when what shares objects may be larger", () => {
    const payload = Array.from({ length: 100 }, () => textOf(101));
    const plan = planOf(payload, { maxInlineSize: 100, maxEnvelopeSize: 1024 }, { maxSharedSize: 1e6 });
    expect(plan.entries).toMatchObject([{ kind: "json", path: [], content: { value: payload } }]);
  });

  it("is not over it either when maxInlineSize is larger", () => {
    const payload = { list: Array.from({ length: 300 }, (_, index) => index) };
    expect(kinds(payload, { maxInlineSize: 1e6, maxEnvelopeSize: 1024 })).toEqual([["json", ["list"]]]);
    expect(kinds(payload, { maxInlineSize: 1e6, maxEnvelopeSize: 1e6 })).toEqual([]);
  });
});
