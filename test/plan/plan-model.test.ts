import fc from "fast-check";
import { jsonValue, widePayload, wideValueWithBytes } from "./payload-arbitrary.js";
import { comparable, jsonBytes, modelPlan, planOf } from "./plan-model.js";

const limits = fc.record({
  maxInlineSize: fc.oneof(fc.nat({ max: 8 }), fc.nat({ max: 150 }), fc.nat({ max: 2000 })),
  maxEnvelopeSize: fc.oneof(fc.integer({ min: 30, max: 300 }), fc.integer({ min: 30, max: 3000 })),
  maxRecursionDepth: fc.oneof(fc.nat({ max: 4 }), fc.constant(10)),
});

function parsed(value: unknown): unknown {
  const json = JSON.stringify(value) as string | undefined;
  return json === undefined ? undefined : JSON.parse(json);
}

describe("The plan of any payload", () => {
  it("is what the rules say, for JSON values", () => {
    fc.assert(
      fc.property(jsonValue, limits, (value, limit) => {
        expect(comparable(planOf(value, limit))).toEqual(modelPlan(value, limit));
      }),
      { numRuns: 750 },
    );
  });

  it("is what the rules say, for JSON values with bytes in them", () => {
    fc.assert(
      fc.property(wideValueWithBytes, limits, (value, limit) => {
        expect(comparable(planOf(value, limit))).toEqual(modelPlan(value, limit));
      }),
      { numRuns: 750 },
    );
  });

  it("is that of the JSON that JSON.stringify would write, for any value", () => {
    fc.assert(
      fc.property(widePayload, limits, (value, limit) => {
        expect(comparable(planOf(value, limit))).toEqual(modelPlan(parsed(value), limit));
      }),
      { numRuns: 750 },
    );
  });

  it("gives the exact sizes of the payload, of every entry, and of the result", () => {
    fc.assert(
      fc.property(widePayload, limits, (value, limit) => {
        const plan = planOf(value, limit);
        expect(plan.size).toBe(jsonBytes(value));
        expect(plan.inlineSize).toBe(jsonBytes(plan.value));
        const root = parsed(value);
        for (const entry of plan.entries) {
          const inner = entry.path.reduce<unknown>((at, key) => (at as Record<string | number, unknown>)[key], root);
          expect(entry.size).toBe(jsonBytes(inner));
        }
      }),
      { numRuns: 500 },
    );
  });

  it("never leaves a result over maxEnvelopeSize, unless it is one reference", () => {
    fc.assert(
      fc.property(wideValueWithBytes, limits, (value, limit) => {
        const plan = planOf(value, limit);
        const isReference = plan.entries.some(({ path }) => path.length === 0);
        if (!isReference && typeof plan.value !== "number") {
          expect(plan.inlineSize).toBeLessThanOrEqual(limit.maxEnvelopeSize);
        }
      }),
      { numRuns: 500 },
    );
  });
});
