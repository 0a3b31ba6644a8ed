import fc from "fast-check";
import { settledExtra, settledExtraInSteps } from "../../src/plan/loose-sizes.js";
import { jsonValue } from "./payload-arbitrary.js";
import { comparable, jsonBytes, modelPlan, planOf, walkPayload } from "./plan-model.js";

const limits = fc.record({
  maxInlineSize: fc.integer({ min: 20, max: 200 }),
  maxEnvelopeSize: fc.integer({ min: 200, max: 700 }),
  maxRecursionDepth: fc.constantFrom(0, 1, 2, 3, 10),
});

const item = fc.oneof(
  jsonValue,
  fc.record({ id: fc.nat(), text: fc.string({ unit: "binary", maxLength: 60 }), at: fc.double({ noNaN: true }) }),
  fc.constantFrom<unknown>(undefined, new Date(0), new Uint8Array(3), -0, { $storageRef: "data" }, "x".repeat(300)),
);

/** As `JSON.parse` would give it, but with the bytes. */
function asJson(payload: unknown): unknown {
  if (payload instanceof Uint8Array || payload === undefined) return payload;
  if (Array.isArray(payload)) return payload.map((one) => asJson(one) ?? null);
  if (payload instanceof Date) return payload.toJSON();
  if (typeof payload === "object" && payload !== null) {
    return Object.fromEntries(
      Object.entries(payload)
        .map(([key, one]) => [key, asJson(one)] as const)
        .filter(([, one]) => one !== undefined),
    );
  }
  return Object.is(payload, -0) ? 0 : payload;
}

// Sizes are not asked for before a test does.
const options = {
  maxInlineSize: 100,
  maxEnvelopeSize: 500,
  maxRecursionDepth: 10,
  escapeKey: String,
  refusesLoss: false,
  keepsReference: () => false,
  referenceSize: () => 200,
};

describe("A container that is sure to leave whole", () => {
  it("is planned as the rules say, whatever is in it", () => {
    const property = fc.property(
      fc.array(item, { minLength: 10, maxLength: 40 }),
      fc.array(item, { maxLength: 5 }),
      limits,
      fc.nat(2),
      (many, few, limit, levels) => {
        const around = (items: unknown[]): unknown => {
          let inner: unknown = [items, few];
          for (let level = 0; level < levels; level++) inner = { before: 1, inner, after: few };
          return inner;
        };
        const plan = comparable(planOf(around(many), limit));
        expect(plan).toEqual(modelPlan(asJson(around(many)), limit));
      },
    );
    fc.assert(property, { numRuns: 400 });
  });

  it("has nothing decided in it that would be dropped", () => {
    const records = Array.from({ length: 5000 }, (_, id) => ({ id, note: "x".repeat(2000) }));
    let planned = 0;
    const plan = planOf({ records, name: "orders" }, {}, { referenceSize: () => ++planned && 200 });
    expect(plan.entries.map(({ path }) => path)).toEqual([["records"]]);
    expect(planned).toBeLessThan(1500); // 262,144 bytes of references, and the one that stays
  });

  it("is counted exactly, when somebody asks", () => {
    const records = Array.from({ length: 3000 }, (_, id) => ({ id, name: "Zoë\n", at: id / 7, list: [id / 3, "é"] }));
    const plan = planOf({ records });
    expect(plan.entries).toHaveLength(1);
    expect(plan.entries[0]!.storedSize).toBe(jsonBytes(records));
    expect(plan.size).toBe(jsonBytes({ records }));
  });

  it("is counted exactly in steps, too", () => {
    const records = Array.from({ length: 20_000 }, (_, id) => ({ id, name: "Zoë\n", at: id / 7 }));
    const { loose } = planOf(records).entries[0]!;
    const steps = settledExtraInSteps(loose);
    let count = 0;
    let step = steps.next();
    for (; step.done !== true; step = steps.next()) count++;
    expect(step.value).toBe(settledExtra(loose));
    expect(count).toBeGreaterThan(5);
  });

  it("that has come to hold itself has a size that is found, too", () => {
    const records: unknown[][] = Array.from({ length: 30 }, (_, id) => ["é".repeat(20), id]);
    const plan = walkPayload({ records }, { ...options, maxSharedSize: 0 });
    const { leastStoredSize } = plan.entries[0]!;
    for (const record of records) record.push(records, records, record, null);
    expect(plan.size).toBeGreaterThan(leastStoredSize);
  });

  it("that can't be read any more has a size that is found, too", () => {
    const records = Array.from({ length: 30 }, (_, id) => ({ text: "é".repeat(20), id }));
    const plan = walkPayload({ records }, { ...options, maxSharedSize: 0 });
    const entry = plan.entries[0]!;
    const failing = {
      get: () => {
        throw new Error("It was closed.");
      },
    };
    for (const record of records.slice(20)) Object.defineProperty(record, "text", failing);
    const steps = settledExtraInSteps(entry.loose);
    let step = steps.next();
    while (step.done !== true) step = steps.next();
    expect(entry.size).toBe(entry.leastStoredSize + step.value);
    expect(step.value).toBeGreaterThan(0);
  });

  it("needs its exact size only where entries share objects", () => {
    const texts = Array.from({ length: 40 }, () => ["é".repeat(20)]);
    const leastOf = (maxSharedSize: number): number =>
      walkPayload(texts, { ...options, maxSharedSize }).entries[0]!.leastStoredSize;
    expect(leastOf(0)).toBeLessThan(jsonBytes(texts));
    expect(leastOf(jsonBytes(texts))).toBe(jsonBytes(texts));
  });
});
