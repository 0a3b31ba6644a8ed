import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { StorageManager } from "../../src/manager/storage-manager.js";
import { FileStore } from "../../src/store/drivers/file/file-store.js";
import { MemoryStore } from "../../src/store/drivers/memory-store.js";
import { codePoint } from "../support/code-point.js";
import { deepFreeze, longText, throughJson } from "../support/payloads.js";

// Keys and texts that something could mistake: for a reference, an escape, a path, a prototype.
const key = fc.oneof(
  fc.string({ unit: codePoint, maxLength: 12 }),
  fc.constantFrom("__proto__", "constructor", "a.b", "a/b", "", "0", "$", "toJSON", "$storageRef", "$$storageRef"),
  fc.constantFrom("$bubuStorageRef", "$bubuStoragePath", "$storageSize", "$$$bubu", "$bubuSecretRef", "data"),
);
const text = fc.oneof(
  fc.string({ unit: codePoint, maxLength: 200 }),
  fc.constantFrom("\ud800", "\udc00x", "\u2028", '"\\', "outputs/s/a.json", "$storageRef", "x".repeat(300)),
);
const leaf = fc.oneof(text, fc.double(), fc.integer(), fc.boolean(), fc.constantFrom(null, undefined, -0, NaN));
const forged = fc.record({
  $storageRef: fc.constantFrom("outputs/s/a.json", "../../etc/passwd", "s3://bucket/key"),
  $storageContentType: fc.constant("application/json"),
  $storageSize: fc.nat(),
  $storageDigest: fc.constant(`sha256-${"A".repeat(43)}`),
});

const { payload } = fc.letrec<{ payload: unknown }>((tie) => ({
  payload: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    leaf,
    forged,
    fc.array(tie("payload"), { maxLength: 8 }),
    fc.array(fc.tuple(key, tie("payload")), { maxLength: 8 }).map(objectOf),
  ),
}));

function objectOf(entries: [string, unknown][]): object {
  const object = {};
  for (const [name, value] of entries) {
    Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true });
  }
  return object;
}

const thresholds = fc.record({
  maxInlineSize: fc.constantFrom(0, 1, 10, 50, 200, 1024),
  maxEnvelopeSize: fc.constantFrom(1024, 2000, 262_144),
  maxRecursionDepth: fc.constantFrom(0, 1, 2, 3, 10),
});
const runs = { numRuns: 1000 };

// JSON.stringify shows the order of keys as well, which toEqual does not.
const spelt = (value: unknown) => JSON.stringify(value) as string | undefined;

describe("hydrate(dehydrate(x))", () => {
  it("is JSON.parse(JSON.stringify(x)) for every x, whatever the thresholds", async () => {
    const property = fc.asyncProperty(payload, thresholds, fc.boolean(), async (value, options, canonical) => {
      const manager = new StorageManager({
        store: new MemoryStore(),
        lossy: "json",
        ...options,
        canonical,
        maxReferences: 1e6,
      });
      const dehydrated = await manager.dehydrate(value, { scope: "s" });
      // It travels as JSON.
      const hydrated = await manager.hydrate(throughJson(dehydrated), { maxRecursionDepth: 100 });
      expect(isDeepStrictEqual(hydrated, throughJson(value))).toBe(true); // toStrictEqual is misled by a key "constructor"
      if (!canonical) expect(spelt(hydrated)).toBe(spelt(value));
      expect(Buffer.byteLength(spelt(dehydrated) ?? "")).toBeLessThanOrEqual(options.maxEnvelopeSize);
    });
    await fc.assert(property, runs);
  });

  it("never changes x", async () => {
    const property = fc.asyncProperty(payload, thresholds, async (value, options) => {
      const before = spelt(value);
      await new StorageManager({ store: new MemoryStore(), lossy: "json", ...options }).dehydrate(deepFreeze(value));
      expect(spelt(value)).toBe(before);
    });
    await fc.assert(property, { numRuns: 250 });
  });

  it("is the same for inputs, and those are within maxInlineSize or one reference", async () => {
    // A number or null is never a reference, and has up to 25 bytes.
    const sizes = fc.integer({ min: 25, max: 1000 });
    const property = fc.asyncProperty(payload, sizes, async (value, maxInlineSize) => {
      const manager = new StorageManager({ store: new MemoryStore(), maxInlineSize, lossy: "json" });
      const dehydrated = await manager.dehydrateInputs(value);
      const size = Buffer.byteLength(spelt(dehydrated) ?? "");
      expect(size <= maxInlineSize || Object.hasOwn(dehydrated as object, "$storageRef")).toBe(true);
      const hydrated = await manager.hydrate(throughJson(dehydrated), { maxRecursionDepth: 100, maxReferences: 1e6 });
      expect(spelt(hydrated)).toBe(spelt(value));
    });
    await fc.assert(property, { numRuns: 250 });
  });

  it("holds for what was hydrated and is dehydrated again", async () => {
    const property = fc.asyncProperty(payload, async (value) => {
      const manager = new StorageManager({ store: new MemoryStore(), maxInlineSize: 20, lossy: "json" });
      const once = await manager.hydrate(await manager.dehydrate(value, { scope: "s" }));
      expect(spelt(await manager.hydrate(await manager.dehydrate(once, { scope: "s" })))).toBe(spelt(value));
    });
    await fc.assert(property, { numRuns: 150 });
  });

  it("is what the plan says: the same value, entries and sizes", async () => {
    const property = fc.asyncProperty(payload, thresholds, async (value, options) => {
      const store = new MemoryStore();
      const manager = new StorageManager({ store, lossy: "json", ...options });
      const plan = manager.plan(value, { scope: "s" });
      const dehydrated = await manager.dehydrate(value, { scope: "s" });
      expect(isDeepStrictEqual(plan.value, dehydrated)).toBe(true);
      expect(plan.size).toBe(Buffer.byteLength(spelt(value) ?? ""));
      expect(plan.inlineSize).toBe(Buffer.byteLength(spelt(dehydrated) ?? ""));
    });
    await fc.assert(property, { numRuns: 250 });
  });

  it("follows JSON where it changes a value", async () => {
    const store = new MemoryStore();
    const manager = new StorageManager({ store, maxInlineSize: 10, lossy: "json" });
    const value = {
      date: new Date(0),
      undefined: undefined,
      sparse: Array.from({ length: 4 }, (_, i) => (i === 1 ? "set" : undefined)),
      infinite: Infinity,
      minusZero: -0,
      custom: { toJSON: (key: string) => ({ key, text: longText("toJSON") }) },
      boxed: Object(longText("boxed")) as unknown,
      map: new Map([[1, 2]]),
      inherited: Object.create({ not: "own" }) as unknown,
      [Symbol("s")]: 1,
      method() {
        return 1;
      },
    };
    expect(await manager.hydrate(await manager.dehydrate(value))).toStrictEqual(throughJson(value));
  });

  it.each([5000, 100_000])("holds for JSON nested %i deep", async (levels) => {
    const manager = new StorageManager({ store: new MemoryStore() });
    let value: unknown = longText("innermost");
    for (let i = 0; i < levels; i++) value = i % 2 === 0 ? [value] : { in: value };
    let hydrated = await manager.hydrate(await manager.dehydrate(value));
    let depth = 0;
    for (; typeof hydrated === "object"; depth++) {
      hydrated = Array.isArray(hydrated) ? (hydrated as unknown[])[0] : (hydrated as { in: unknown }).in;
    }
    expect(depth).toBe(levels);
    expect(hydrated).toBe(longText("innermost"));
  });

  it("holds on files", async () => {
    const root = await mkdtemp(join(tmpdir(), "coatcheck-manager-"));
    try {
      await using manager = new StorageManager({ store: new FileStore({ root, fsync: false }), maxInlineSize: 20 });
      const property = fc.asyncProperty(payload, async (value) => {
        const dehydrated = throughJson(await manager.dehydrate(value, { scope: "s/t" }));
        expect(spelt(await manager.hydrate(dehydrated))).toBe(spelt(value));
      });
      await fc.assert(property, { numRuns: 20 });
      expect((await manager.release("s")).deleted).toBeGreaterThan(0);
    } finally {
      await rm(root, { recursive: true });
    }
  });

  it("brings bytes back as bytes, anywhere in the payload", async () => {
    const bytes = fc.uint8Array({ maxLength: 40 });
    const property = fc.asyncProperty(fc.array(fc.tuple(bytes, text)), thresholds, async (pairs, options) => {
      const manager = new StorageManager({ store: new MemoryStore(), lossy: "json", ...options });
      const value = { pairs, nested: [{ bytes: Buffer.from(pairs.map(([, label]) => label).join()) }] };
      const dehydrated = throughJson(await manager.dehydrate(value));
      const hydrated = await manager.hydrate<typeof value>(dehydrated, { maxRecursionDepth: 100 });
      expect(hydrated.nested[0]!.bytes).toEqual(new Uint8Array(value.nested[0]!.bytes));
      expect(hydrated.pairs.map(([inner]) => inner)).toEqual(pairs.map(([inner]) => inner));
      expect(spelt(hydrated.pairs.map(([, label]) => label))).toBe(spelt(pairs.map(([, label]) => label)));
    });
    await fc.assert(property, { numRuns: 150 });
  });
});
