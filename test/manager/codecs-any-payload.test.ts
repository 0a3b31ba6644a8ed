import { randomBytes } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { StorageManager } from "../../src/manager/storage-manager.js";
import { aes256gcm } from "../../src/codecs/aes256gcm/aes256gcm.js";
import { brotli } from "../../src/codecs/brotli.js";
import { gzip } from "../../src/codecs/gzip.js";
import type { StorageReference } from "../../src/reference/reference.js";
import { sha256Digest } from "../../src/bytes/digest.js";
import { MemoryStore } from "../../src/store/drivers/memory-store.js";
import { wideValueWithBytes } from "../plan/payload-arbitrary.js";
import { objectsOf } from "../support/stored.js";
import { someBytes } from "../support/stream-sources.js";
import { LIMITS } from "../support/limits-arbitrary.js";

const keys = { old: randomBytes(32), current: randomBytes(32) };
const aes = aes256gcm({ keys, activeKeyId: "current" });
const CODECS = [
  [gzip({ minSize: 0 })],
  [gzip({ minSize: 60 })],
  [brotli({ minSize: 0, quality: 1 })],
  [aes],
  [gzip({ minSize: 0 }), aes],
  [brotli({ minSize: 30, quality: 1 }), gzip({ minSize: 0 }), aes],
];

const options = fc.record({
  codecs: fc.constantFrom(...CODECS),
  ...LIMITS,
});

function referencesIn(value: unknown): StorageReference[] {
  if (typeof value !== "object" || value === null) return [];
  if (Object.hasOwn(value, "$storageRef")) return [value as StorageReference];
  return Object.values(value).flatMap(referencesIn);
}

it("what any payload becomes comes back, within its limits, and its references say what lies there", async () => {
  const property = fc.asyncProperty(wideValueWithBytes, options, async (payload, settings) => {
    const store = new MemoryStore();
    const manager = new StorageManager({ store, ...settings });
    const dehydrated = await manager.dehydrate(payload, { scope: "s" });
    const travelling = JSON.stringify(dehydrated);
    expect(Buffer.byteLength(travelling)).toBeLessThanOrEqual(settings.maxEnvelopeSize);
    const objects = await objectsOf(store);
    const names = settings.codecs.map(({ name }) => name);
    for (const reference of referencesIn(dehydrated)) {
      const { $storageRef, $storageSize, $storageOffset = 0, $storageDigest, $storageEncoding } = reference;
      const entry = objects.get($storageRef)!.subarray($storageOffset, $storageOffset + $storageSize);
      expect(sha256Digest(entry)).toBe($storageDigest);
      const applied = $storageEncoding?.split(",") ?? [];
      expect(names.filter((name) => applied.includes(name))).toEqual(applied); // in this order
      expect(applied.at(-1) === "aes256gcm").toBe(entry.subarray(0, 4).toString() === "CCE1");
      if (names.includes("aes256gcm")) expect(applied.at(-1)).toBe("aes256gcm");
    }
    const hydrated = await manager.hydrate(JSON.parse(travelling), { maxRecursionDepth: 100 });
    expect(isDeepStrictEqual(hydrated, payload)).toBe(true);

    // What a plan says is at most, and without I/O.
    const plan = manager.plan(payload, { scope: "s" });
    expect(Buffer.byteLength(travelling)).toBeLessThanOrEqual(plan.inlineSize);
    expect(plan.inlineSize).toBeLessThanOrEqual(settings.maxEnvelopeSize);
    expect(plan.entries.length > 0).toBe(referencesIn(dehydrated).length > 0);
    expect(referencesIn(plan.value).every(({ $storageEncoding }) => $storageEncoding === undefined)).toBe(true);
    expect(plan.inlineSize).toBeGreaterThanOrEqual(Buffer.byteLength(travelling)); // also after its value was made
  });
  await fc.assert(property, { numRuns: 40 });
});

it("streams and Blobs of any size too", async () => {
  const sizes = fc.array(fc.nat({ max: 3000 }), { minLength: 1, maxLength: 6 });
  const property = fc.asyncProperty(sizes, options, async (lengths, settings) => {
    const payload = () => lengths.map((size) => ({ inner: [new Blob([someBytes(size, String(size))])] }));
    const manager = new StorageManager({ store: new MemoryStore(), ...settings });
    const dehydrated = await manager.dehydrate(payload(), { scope: "s" });
    const { inlineSize } = manager.plan(payload(), { scope: "s" });
    expect(JSON.stringify(dehydrated).length).toBeLessThanOrEqual(inlineSize);
    expect(JSON.stringify(dehydrated).length).toBeLessThanOrEqual(settings.maxEnvelopeSize);
    const expected = lengths.map((size) => ({ inner: [new Uint8Array(someBytes(size, String(size)))] }));
    expect(isDeepStrictEqual(await manager.hydrate(dehydrated, { maxRecursionDepth: 10 }), expected)).toBe(true);
  });
  await fc.assert(property, { numRuns: 20 });
});
