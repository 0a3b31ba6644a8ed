import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { StorageManager } from "../../src/manager/storage-manager.js";
import { MemoryStore } from "../../src/store/drivers/memory-store.js";
import { wideValueWithBytes } from "../plan/payload-arbitrary.js";
import { dehydrateChecked as dehydrate, textOf } from "../support/stored-entries.js";
import { someBytes } from "../support/stream-sources.js";
import { LIMITS } from "../support/limits-arbitrary.js";

const limits = fc.record({ ...LIMITS, lossy: fc.constant("json" as const) });

/** As JSON, where bytes are told from what looks like them. */
const spelt = (value: unknown): string =>
  JSON.stringify(value, (_key, inner: unknown) =>
    inner instanceof Uint8Array ? `bytes ${Buffer.from(inner).toString("hex")}` : inner,
  );

describe("for any payload and any limits", () => {
  it("what lies in the store is what references find, comes back, and is what was planned", async () => {
    const property = fc.asyncProperty(wideValueWithBytes, limits, async (payload, options) => {
      const { manager, dehydrated, objects } = await dehydrate(payload, options);
      const travelling = JSON.stringify(dehydrated);
      expect(Buffer.byteLength(travelling)).toBeLessThanOrEqual(options.maxEnvelopeSize);
      const maxSize = options.pack === false ? 0 : options.pack.maxPackSize;
      for (const [path, { byteLength }] of objects)
        if (path.endsWith(".pack")) expect(byteLength).toBeLessThanOrEqual(maxSize);
      const hydrated = await manager.hydrate(JSON.parse(travelling), { maxRecursionDepth: 100 });
      if (!options.canonical) expect(spelt(hydrated)).toBe(spelt(payload));
      expect(isDeepStrictEqual(hydrated, payload)).toBe(true);

      const unread = manager.plan(payload, { scope: "s" });
      const facts = (plan: typeof unread) => [
        plan.size,
        plan.entries.map(({ path, kind, size }) => ({ path, kind, size })),
      ];
      const expected = facts(unread);
      const plan = manager.plan(payload, { scope: "s" });
      expect(spelt(plan.value)).toBe(travelling);
      expect(plan.inlineSize).toBe(Buffer.byteLength(travelling));
      expect(facts(plan)).toEqual(expected); // also after its objects were laid out
    });
    await fc.assert(property, { numRuns: 100 });
  });

  it("the plan says at most how large a payload with streams will be", async () => {
    const property = fc.asyncProperty(
      fc.array(fc.nat({ max: 300 }), { minLength: 1, maxLength: 8 }),
      limits,
      async (sizes, options) => {
        const payload = () => ({
          streams: sizes.map((size) => new Blob([someBytes(size, String(size))])),
          text: textOf(60),
        });
        const { manager, dehydrated } = await dehydrate(payload(), options);
        const { inlineSize } = manager.plan(payload(), { scope: "s" });
        expect(Buffer.byteLength(JSON.stringify(dehydrated))).toBeLessThanOrEqual(inlineSize);
        expect(Buffer.byteLength(JSON.stringify(dehydrated))).toBeLessThanOrEqual(options.maxEnvelopeSize);
      },
    );
    await fc.assert(property, { numRuns: 75 });
  });

  it("the size of a plan is exact before and after its value was asked for, with references in what leaves", () => {
    const numbers = Array.from({ length: 2000 }, (_, i) => Math.PI * (i + 1));
    const payload = () => ({ unit: { bytes: [new Uint8Array(3), new Uint8Array(2)], numbers } });
    for (const count of [2000, 5000]) {
      numbers.length = 0;
      for (let i = 1; i <= count; i++) numbers.push(Math.PI * i);
      const manager = new StorageManager({ store: new MemoryStore(), maxRecursionDepth: 1 });
      const [asked, unasked] = [manager.plan(payload(), { scope: "s" }), manager.plan(payload(), { scope: "s" })];
      expect(asked.value).toHaveProperty("unit.$storageRef");
      expect(asked.size).toBe(unasked.size);
      expect(asked.size).toBe(JSON.stringify({ unit: { bytes: [], numbers } }).length + "3".length + 5);
      expect(asked.entries.at(-1)!.size).toBe(unasked.entries.at(-1)!.size);
    }
  });

  it("what is written is the same whatever the order of keys, with canonical", async () => {
    const reversed = (value: unknown): unknown => {
      if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
      if (Array.isArray(value)) return value.map(reversed);
      const pairs = Object.entries(value).reverse();
      return Object.fromEntries(pairs.map(([key, inner]) => [key, reversed(inner)]));
    };
    const property = fc.asyncProperty(wideValueWithBytes, async (payload) => {
      const options = { canonical: true, maxRecursionDepth: 2, pack: { maxEntrySize: 200, maxPackSize: 300 } };
      const [one, other] = [await dehydrate(payload, options), await dehydrate(reversed(payload), options)];
      expect(other.objects).toEqual(one.objects);
      expect(isDeepStrictEqual(other.dehydrated, one.dehydrated)).toBe(true);
    });
    await fc.assert(property, { numRuns: 30 });
  });
});
