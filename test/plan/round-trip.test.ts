import assert from "node:assert/strict";
import { inspect } from "node:util";
import fc from "fast-check";
import { StorageManager } from "../../src/index.js";
import { deepFreeze, jsonValue, widePayload, wideValueWithBytes } from "./payload-arbitrary.js";
import { jsonBytes } from "./plan-model.js";
import { RecordingStore, referencedPaths } from "./recording-store.js";

const TIMEOUT = 120_000; // for slow machines; it takes seconds

const limits = fc.record({
  maxInlineSize: fc.oneof(fc.nat({ max: 60 }), fc.nat({ max: 1200 })),
  maxEnvelopeSize: fc.oneof(fc.constant(1024), fc.integer({ min: 1024, max: 4000 })),
  maxRecursionDepth: fc.oneof(fc.nat({ max: 3 }), fc.constant(10)),
});

type Limits = typeof limits extends fc.Arbitrary<infer Value> ? Value : never;

function parsed(json: string | undefined): unknown {
  return json === undefined ? undefined : JSON.parse(json);
}

/** Sends a payload there and back through JSON. */
async function travel(value: unknown, options: Limits & { canonical?: boolean }) {
  const store = new RecordingStore();
  // What a small payload holds is reached in one hop from each place; the number of levels is no hop.
  const manager = new StorageManager({ store, lossy: "json", ...options, maxRecursionDepth: 10 });
  const { maxRecursionDepth } = options;
  const plan = manager.plan(value, { scope: "run", maxRecursionDepth });
  const dehydrated = await manager.dehydrate(value, { scope: "run", maxRecursionDepth });
  const json = JSON.stringify(dehydrated) as string | undefined;
  const hydrated = await manager.hydrate(parsed(json));
  return { store, plan, json, hydrated };
}

async function assertNoOrphans(store: RecordingStore, json: string | undefined): Promise<void> {
  const objects = await store.objects();
  const referenced = [json ?? "", ...objects.values()].flatMap(referencedPaths);
  assert.deepEqual([...objects.keys()].sort(), [...new Set(referenced.filter((path) => objects.has(path)))].sort());
  assert.equal(store.written.length, objects.size, "an object was uploaded twice");
}

describe("Dehydrated and hydrated, a payload", () => {
  it(
    "is what JSON makes of it, keys in the same order, whatever it is and whatever the thresholds are",
    async () => {
      await fc.assert(
        fc.asyncProperty(widePayload, limits, async (value, options) => {
          const before = JSON.stringify(value) as string | undefined;
          const { hydrated, json, plan, store } = await travel(value, options);
          assert.deepStrictEqual(hydrated, parsed(before));
          assert.equal(JSON.stringify(hydrated), JSON.stringify(parsed(before)));
          assert.equal(plan.size, jsonBytes(value));
          assert.equal(plan.inlineSize, json === undefined ? 0 : Buffer.byteLength(json));
          assert.equal(JSON.stringify(plan.value), json);
          assert.ok(plan.inlineSize <= options.maxEnvelopeSize);
          await assertNoOrphans(store, json);
        }),
        { numRuns: 1500 },
      );
    },
    TIMEOUT,
  );

  it(
    "is not changed by it",
    async () => {
      await fc.assert(
        fc.asyncProperty(widePayload, limits, async (value, options) => {
          deepFreeze(value);
          const before = inspect(value, { depth: Infinity, showHidden: true });
          await travel(value, options);
          assert.equal(inspect(value, { depth: Infinity, showHidden: true }), before);
        }),
        { numRuns: 200 },
      );
      await fc.assert(
        fc.asyncProperty(jsonValue, limits, async (value, options) => {
          const copy = structuredClone(value);
          await travel(value, options);
          expect(value).toEqual(copy);
          assert.equal(JSON.stringify(value), JSON.stringify(copy));
        }),
        { numRuns: 250 },
      );
    },
    TIMEOUT,
  );

  it(
    "comes back with its bytes",
    async () => {
      await fc.assert(
        fc.asyncProperty(wideValueWithBytes, limits, async (value, options) => {
          const { hydrated, json, store } = await travel(value, options);
          assert.deepStrictEqual(hydrated, value);
          await assertNoOrphans(store, json);
        }),
        { numRuns: 300 },
      );
    },
    TIMEOUT,
  );

  it(
    "is the same without order of keys in what was stored canonically, and stored the same whatever that order was",
    async () => {
      await fc.assert(
        fc.asyncProperty(jsonValue, limits, async (value, options) => {
          const canonical = { ...options, canonical: true };
          const { hydrated, store, json } = await travel(value, canonical);
          assert.deepStrictEqual(hydrated, value);
          await assertNoOrphans(store, json);
          const reversed = await travel(reverseKeys(value), canonical);
          assert.deepEqual([...(await reversed.store.objects())], [...(await store.objects())]);
        }),
        { numRuns: 250 },
      );
    },
    TIMEOUT,
  );

  it("comes back as it was in the dialect bubustack, whose keys are not escaped", async () => {
    await fc.assert(
      fc.asyncProperty(jsonValue, limits, async (value, options) => {
        fc.pre(!/"\$(?:storage|bubuStorage)Ref"/.test(JSON.stringify(value)));
        const store = new RecordingStore();
        const manager = new StorageManager({
          store,
          lossy: "json",
          ...options,
          maxRecursionDepth: 10,
          dialect: "bubustack",
        });
        const { maxRecursionDepth } = options;
        const json = JSON.stringify(await manager.dehydrate(value, { scope: "run", maxRecursionDepth }));
        assert.ok(Buffer.byteLength(json) <= options.maxEnvelopeSize);
        assert.deepStrictEqual(await manager.hydrate(JSON.parse(json)), value);
        await assertNoOrphans(store, json);
      }),
      { numRuns: 250 },
    );
  });

  it("is undefined if it was", async () => {
    const store = new RecordingStore();
    const manager = new StorageManager({ store });
    expect(await manager.dehydrate(undefined)).toBeUndefined();
    expect(await manager.hydrate(undefined)).toBeUndefined();
    expect(manager.plan(() => 1)).toMatchObject({ value: undefined, entries: [], size: 0, inlineSize: 0 });
    expect(store.written).toEqual([]);
  });
});

function reverseKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reverseKeys);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, inner]) => [key, reverseKeys(inner)]),
  );
}
