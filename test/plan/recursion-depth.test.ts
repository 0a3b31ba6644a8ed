import { jsonBytes, planOf, type Limits } from "./plan-model.js";

const big = "x".repeat(200);
const limits = { maxInlineSize: 100, maxEnvelopeSize: 100_000 };

const bytes = new Uint8Array(3);

/** `value`, `levels` objects deep. */
function nested(levels: number, value: unknown, beside: object = {}): unknown {
  return levels === 0 ? value : { a: nested(levels - 1, value, beside), ...beside };
}

const pathOf = (levels: number): string[] => Array.from({ length: levels }, () => "a");

const kinds = (payload: unknown, more: Partial<Limits>) =>
  planOf(payload, { ...limits, ...more }).entries.map(({ kind, path }) => [kind, path]);

describe("At maxRecursionDepth", () => {
  it.each([0, 1, 2, 10, 11])(
    "%i, a container at that depth is one unit, and a text at that depth still leaves",
    (depth) => {
      const more = { maxRecursionDepth: depth };
      expect(kinds(nested(depth, big), more)).toEqual([["raw", pathOf(depth)]]);
      expect(kinds(nested(depth, { text: big }), more)).toEqual([["json", pathOf(depth)]]);
      expect(kinds(nested(depth, [big]), more)).toEqual([["json", pathOf(depth)]]);
      expect(kinds(nested(depth + 3, big), more)).toEqual([["json", pathOf(depth)]]);
    },
  );

  it.each([0, 1, 10, 11])("%i, a unit stays whole if it fits, and leaves with one byte more", (depth) => {
    const unit = { a: { b: ["some text", 1, {}] } };
    const size = jsonBytes(unit);
    const payload = nested(depth, unit, { bytes }); // bytes leave, so that the levels above stay
    const decided = (maxInlineSize: number) =>
      kinds(payload, { maxRecursionDepth: depth, maxInlineSize }).filter(([kind]) => kind !== "binary");
    expect(decided(size)).toEqual([]);
    expect(decided(size - 1)).toEqual([["json", pathOf(depth)]]);
  });

  it("a unit holds texts and containers that would have left above it", () => {
    const unit = { text: "x".repeat(60), list: Array.from({ length: 40 }, () => 1) };
    const payload = { unit };
    const more = { maxInlineSize: 200, maxRecursionDepth: 1 };
    expect(kinds(payload, more)).toEqual([]);
    expect(kinds(payload, { ...more, maxInlineSize: 61 })).toEqual([["json", ["unit"]]]);
    expect(kinds(payload, { ...more, maxInlineSize: 61, maxRecursionDepth: 2 })).toEqual([
      ["raw", ["unit", "text"]],
      ["json", ["unit", "list"]],
    ]);
  });

  it("0, the whole payload is the unit", () => {
    const payload = { a: [big, { b: big }], c: 1 };
    const plan = planOf(payload, { ...limits, maxRecursionDepth: 0 });
    expect(plan.entries).toMatchObject([{ kind: "json", path: [], content: { value: payload } }]);
    expect(plan.value).toBe(plan.entries[0]!.slot);
  });

  it("a unit whose bytes have left is measured with their reference in it", () => {
    const unit = { bytes, text: "x".repeat(20) };
    const more = { maxRecursionDepth: 1 };
    const unitSize = planOf({ u: unit }, { ...more, maxInlineSize: 1000 }).inlineSize - '{"u":}'.length;
    expect(kinds({ u: unit }, { ...more, maxInlineSize: unitSize })).toEqual([["binary", ["u", "bytes"]]]);
    expect(kinds({ u: unit }, { ...more, maxInlineSize: unitSize - 1 })).toEqual([
      ["binary", ["u", "bytes"]],
      ["json", ["u"]],
    ]);
  });

  it("a unit over maxEnvelopeSize leaves, though maxInlineSize would let it stay", () => {
    const more = { maxInlineSize: 10_000, maxEnvelopeSize: 100, maxRecursionDepth: 1 };
    expect(kinds({ unit: { text: big } }, more)).toEqual([["json", ["unit"]]]);
  });
});
