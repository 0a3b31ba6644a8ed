import fc from "fast-check";
import { StorageManager } from "../../src/manager/storage-manager.js";
import type { StorageManagerOptions } from "../../src/configure/options.js";
import type { VerifyReport } from "../../src/maintain/verify/report.js";
import { gzip } from "../../src/codecs/gzip.js";
import type { StorageReference } from "../../src/reference/reference.js";
import { MemoryStore } from "../../src/store/drivers/memory-store.js";
import { FaultStore } from "../../src/testing/fault-store.js";
import { failureOf } from "../support/failure.js";
import { limited } from "../support/limited-store.js";
import { putPack } from "../support/packed.js";
import { longText } from "../support/payloads.js";
import { RecordingStore } from "../support/recording-store.js";
import { objectsOf, put, putJson, referenceTo, storedJson } from "../support/stored.js";
import { briefly, encryption, PAYLOAD } from "../support/verified.js";

const OPTIONS: [string, StorageManagerOptions][] = [
  ["plain", { maxEnvelopeSize: 1024 }],
  ["without packs", { pack: false, maxEnvelopeSize: 1024 }],
  ["compressed", { codecs: [gzip()], pack: { maxPackSize: 20_000 } }],
  ["encrypted", { codecs: [gzip(), encryption()], pack: { maxPackSize: 20_000 } }],
];

const DAMAGES: [string, (bytes: Buffer) => Buffer][] = [
  ["cut short", (bytes) => bytes.subarray(0, -1)],
  ["emptied", () => Buffer.alloc(0)],
  ["longer", (bytes) => Buffer.concat([bytes, Buffer.from("\n")])],
  ["another", (bytes) => Buffer.alloc(bytes.byteLength, "x")],
];

async function written(options: StorageManagerOptions) {
  const store = new MemoryStore();
  const manager = new StorageManager({ store, ...options });
  const payload = await manager.dehydrate(PAYLOAD, { scope: "s" });
  return { store, manager, payload, objects: [...(await objectsOf(store))] };
}

/** What both ways to verify find. */
async function bothReports(manager: StorageManager, payload: unknown): Promise<[VerifyReport, VerifyReport]> {
  return [await manager.verify(payload), await manager.verifyPrefix("outputs/")];
}

describe("an object that was changed", () => {
  it.each(OPTIONS)("is found whichever bit it is, %s", async (_, options) => {
    const { store, manager, payload, objects } = await written(options);
    const damage = fc.record({
      object: fc.nat(objects.length - 1),
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      bit: fc.nat(7),
    });
    await fc.assert(
      fc.asyncProperty(damage, async ({ object, at, bit }) => {
        const [path, bytes] = objects[object]!;
        const changed = Buffer.from(bytes);
        changed[Math.min(Math.floor(at * bytes.byteLength), bytes.byteLength - 1)]! ^= 1 << bit;
        await store.write(path, changed);
        const [ofPayload, ofPrefix] = await bothReports(manager, payload);
        await store.write(path, bytes);
        expect(briefly(ofPrefix.problems)).toEqual([{ kind: "corrupt", path, code: "INTEGRITY" }]);
        // A line end between entries is no part of any.
        const isBetween = path.endsWith(".pack") && ofPayload.ok;
        const entries = new Set(ofPayload.problems.map((problem) => `${problem.kind} ${problem.path}`));
        expect([...entries]).toEqual(isBetween ? [] : [`corrupt ${path}`]);
      }),
      { numRuns: 10 },
    );
    await expect(manager.verify(payload)).resolves.toMatchObject({ ok: true });
  });

  it.each(OPTIONS.flatMap(([name, options]) => DAMAGES.map(([damage, change]) => ({ name, options, damage, change }))))(
    "is corrupt when it is $damage: $name",
    async ({ options, damage, change }) => {
      const counts = { missing: 0, refused: 0, orphaned: 0 };
      const { store, manager, payload, objects } = await written(options);
      for (const [path, bytes] of objects) {
        await store.write(path, change(bytes));
        const [ofPayload, ofPrefix] = await bothReports(manager, payload);
        await store.write(path, bytes);
        const ofObjects = ofPrefix.problems.filter(({ at }) => at === undefined);
        expect(briefly(ofObjects)).toEqual([{ kind: "corrupt", path, code: "INTEGRITY" }]);
        expect(briefly(ofPrefix.problems).every((problem) => problem.path === path)).toBe(true);
        expect([ofPayload, ofPrefix]).toMatchObject([counts, counts]);
        // What comes after the last entry of a pack is no part of any.
        if (damage === "emptied" || damage === "another") expect(ofPayload.ok).toBe(false);
      }
    },
  );

  it.each(OPTIONS)(
    "is corrupt when it was swapped for another, and missing when it is not there, %s",
    async (_, options) => {
      const { store, manager, payload, objects } = await written(options);
      const [[path, bytes], [other, otherBytes]] = objects as [[string, Buffer], [string, Buffer]];
      await store.write(path, otherBytes);
      await store.write(other, bytes);
      const [ofPayload, ofPrefix] = await bothReports(manager, payload);
      expect(ofPrefix).toMatchObject({ corrupt: 2, missing: 0, refused: 0 });
      expect(ofPayload.corrupt).toBeGreaterThan(0);
      expect(ofPayload).toMatchObject({ missing: 0, refused: 0 });
      for (const [gone] of objects) await store.delete(gone);
      const nothing = await manager.verify(payload);
      expect(nothing.missing).toBeGreaterThan(0);
      expect(nothing).toMatchObject({ corrupt: 0, refused: 0, ok: false });
    },
  );

  it.each(OPTIONS)("is corrupt when the store gives less than it has, %s", async (_, options) => {
    const { store, payload, objects } = await written(options);
    for (const inner of [store, limited(["rangeRead"], store)]) {
      const faulty = new FaultStore(inner, { seed: 1, faults: [{ on: "read", fault: { truncate: 3 } }] });
      const manager = new StorageManager({ store: faulty, ...options });
      const [ofPayload, ofPrefix] = await bothReports(manager, payload);
      expect(faulty.injected.length).toBeGreaterThan(objects.length);
      expect(ofPrefix).toMatchObject({ corrupt: objects.length, missing: 0, refused: 0 });
      expect(ofPayload.corrupt).toBeGreaterThan(0);
      expect(ofPayload).toMatchObject({ missing: 0, refused: 0 });
    }
  });

  it("of a user's own is corrupt when it has not the size that the store says", async () => {
    const store = new MemoryStore();
    await store.write("outputs/mine", "bytes of my own");
    const faulty = new FaultStore(store, { faults: [{ on: "read", fault: { truncate: 3 } }] });
    const { problems } = await new StorageManager({ store: faulty }).verifyPrefix("");
    expect(briefly(problems)).toEqual([{ kind: "corrupt", path: "outputs/mine", code: "INTEGRITY" }]);
  });
});

describe("an envelope that is none", () => {
  it.each([
    ["no StoredObject", '{"contentType":"xml","data":1}'],
    ["without data", '{"contentType":"json"}'],
    ["a text whose data is none", '{"contentType":"raw","data":1}'],
    ["not JSON", '{"contentType":"json","data":'],
    ["a text", "hello"],
    ["an array", "[]"],
    ["empty", ""],
  ])("is corrupt: %s", async (_, text) => {
    const store = new MemoryStore();
    const reference = await put(store, Buffer.from(text));
    const manager = new StorageManager({ store });
    const path = reference.$storageRef;
    const [ofPayload, ofPrefix] = await bothReports(manager, { a: reference });
    expect(briefly(ofPayload.problems)).toEqual([{ kind: "corrupt", path, at: "$.a", code: "DECODE_FAILED" }]);
    expect(briefly(ofPrefix.problems)).toEqual([{ kind: "corrupt", path, code: "DECODE_FAILED" }]);
  });

  it("is corrupt in a pack: the one that is wrong", async () => {
    const store = new MemoryStore();
    const entries = [storedJson(1), Buffer.from('{"data":1}'), storedJson(3)];
    const references = await putPack(store, entries);
    const path = references[0]!.$storageRef;
    const [ofPayload, ofPrefix] = await bothReports(new StorageManager({ store }), references);
    expect(briefly(ofPayload.problems)).toEqual([{ kind: "corrupt", path, at: "$[1]", code: "DECODE_FAILED" }]);
    expect(briefly(ofPrefix.problems)).toEqual([{ kind: "corrupt", path, code: "DECODE_FAILED" }]);
  });

  it("is not what a codec gave, though the manager does not have it", async () => {
    const store = new MemoryStore();
    await new StorageManager({ store, codecs: [gzip()] }).dehydrate(PAYLOAD, { scope: "s" });
    const report = await new StorageManager({ store }).verifyPrefix("");
    expect(report).toMatchObject({ ok: true, unchecked: 1 });
  });
});

describe("a reference that is forged", () => {
  const forge = (change: object) => async (store: MemoryStore) => {
    const reference = await putJson(store, "data");
    return { reference, forged: { ...reference, ...change } };
  };

  it.each([
    ["INVALID_REFERENCE", { $storageRef: "../x" }],
    ["INVALID_REFERENCE", { $storageDigest: "md5-x" }],
    ["INVALID_REFERENCE", { $storageSize: "1" }],
    ["INVALID_REFERENCE", { $storagePath: "[" }],
    ["INVALID_REFERENCE", { $storageOffset: Number.MAX_SAFE_INTEGER, $storageSize: 9 }],
    ["REFERENCE_DENIED", { $storageRef: "secrets/x" }],
    ["UNKNOWN_SCHEME", { $storageRef: "s3://bucket/x" }],
  ])("is refused: %s for %j", async (code, change) => {
    const store = new MemoryStore();
    const { forged } = await forge(change)(store);
    const holder = await putJson(store, { forged });
    const manager = new StorageManager({ store });
    const [ofPayload, ofPrefix] = await bothReports(manager, [forged, holder]);
    const foundIn = holder.$storageRef;
    expect(briefly(ofPayload.problems)).toEqual([
      { kind: "refused", at: "$[0]", code },
      { kind: "refused", at: "$[1].forged", foundIn, code },
    ]);
    expect(briefly(ofPrefix.problems)).toEqual([{ kind: "refused", at: "$.forged", foundIn, code }]);
  });

  it.each([
    ["another digest", { $storageDigest: referenceTo("x", Buffer.from("x")).$storageDigest }],
    ["another size", { $storageSize: 3 }],
    ["a part of it", { $storageOffset: 1, $storageSize: 5 }],
    ["more than there is", { $storageOffset: 20, $storageSize: 500 }],
  ])("is corrupt: %s", async (name, change) => {
    const store = new MemoryStore();
    const { reference, forged } = await forge(change)(store);
    const holder = await putJson(store, { forged });
    const [ofPayload, ofPrefix] = await bothReports(new StorageManager({ store }), [reference, forged, holder]);
    const problem = { kind: "corrupt", path: reference.$storageRef, code: "INTEGRITY" };
    expect(briefly(ofPayload.problems)).toEqual([{ ...problem, at: "$[1]" }]);
    // What lies where in a pack is only known when it is read.
    const isSeen = name !== "a part of it";
    const inStored = { ...problem, at: "$.forged", foundIn: holder.$storageRef };
    expect(briefly(ofPrefix.problems)).toEqual(isSeen ? [inStored] : []);
  });

  it("harms no honest one to the same entry", async () => {
    const { store, manager, payload, objects } = await written({ codecs: [encryption()], pack: false });
    const references: StorageReference[] = [];
    JSON.stringify(payload, (_, value: StorageReference) => {
      if (typeof value === "object" && "$storageRef" in value) references.push(value);
      return value;
    });
    const rotated = encryption("new", Buffer.alloc(32, 9), {
      keys: { k1: Buffer.alloc(32, 7), new: Buffer.alloc(32, 9) },
    });
    const both = new StorageManager({ store, codecs: [rotated] });
    const forged = references.flatMap(({ $storageEncoding, ...rest }) => [
      { ...rest, $storageDigest: referenceTo("x", Buffer.from($storageEncoding!)).$storageDigest },
      { ...rest, $storageEncoding, $storageDigest: referenceTo("x", Buffer.from("y")).$storageDigest },
      { ...rest, $storageEncoding, $storageSchema: "other" },
    ]);
    for (const verifier of [manager, both]) {
      const report = await verifier.verify([forged, payload]);
      const places = report.problems.map(({ at }) => at!);
      expect(places.length).toBe(forged.length);
      expect(places.every((at) => at.startsWith("$[0]"))).toBe(true);
      if (verifier === manager) expect(await both.reencrypt("")).toMatchObject({ reencrypted: objects.length });
    }
  });

  it.each([
    ["unsigned", {}, "SIGNATURE_INVALID"],
    [
      "signed for another tenant",
      { signing: { keys: { a: Buffer.alloc(32, 1) }, activeKeyId: "a", audience: "b" } },
      "SIGNATURE_INVALID",
    ],
    ["signed by another key", { signing: { keys: { b: Buffer.alloc(32, 2) }, activeKeyId: "b" } }, "SIGNATURE_INVALID"],
  ])("is refused where references are signed: %s", async (_, options, code) => {
    const store = new MemoryStore();
    const signing = { keys: { a: Buffer.alloc(32, 1) }, activeKeyId: "a" };
    const forged = await new StorageManager({ store, ...options, maxEnvelopeSize: 1024 }).dehydrate(PAYLOAD, {
      scope: "s",
    });
    const manager = new StorageManager({ store, signing });
    const [ofPayload, ofPrefix] = await bothReports(manager, forged);
    expect(briefly(ofPayload.problems)).toEqual([{ kind: "refused", at: "$", code }]);
    expect(ofPrefix.refused).toBeGreaterThan(0);
    expect(ofPrefix.problems.every(({ error }) => error!.code === code)).toBe(true);
    const audience = (options as StorageManagerOptions).signing?.audience;
    if (audience !== undefined) {
      await expect(manager.verify(forged, { audience })).resolves.toMatchObject({ ok: true });
      await expect(manager.verifyPrefix("", { audience })).resolves.toMatchObject({ ok: true });
    }
  });
});

describe("a tenant", () => {
  it("verifies its own, and nothing of another", async () => {
    const store = new RecordingStore();
    const signing = { keys: { a: Buffer.alloc(32, 1) }, activeKeyId: "a" };
    const manager = new StorageManager({ store, signing, maxEnvelopeSize: 1024 });
    const [one, two] = [manager.forTenant("one"), manager.forTenant("two")];
    const payload = await one.dehydrate(PAYLOAD, { scope: "s" });
    expect(await one.verify(payload)).toMatchObject({ ok: true });
    expect(await one.verifyPrefix("outputs/one/", { payloads: [payload] })).toMatchObject({ ok: true });
    store.calls.length = 0;
    const { problems } = await two.verify({ payload });
    expect(briefly(problems)).toEqual([{ kind: "refused", at: "$.payload", code: "SIGNATURE_INVALID" }]);
    for (const prefix of ["outputs/one/", "outputs/", ""]) {
      expect((await failureOf(two.verifyPrefix(prefix, { payloads: [payload] }))).code).toBe("REFERENCE_DENIED");
    }
    expect((await failureOf(two.verify(payload, { allow: ["outputs/one"] }))).code).toBe("CONFIG_INVALID");
    expect(store.calls).toEqual([]);
  });

  it("has no reference of another, unsigned", async () => {
    const store = new RecordingStore();
    const manager = new StorageManager({ store });
    const payload = await manager.forTenant("one").dehydrate([PAYLOAD.image], { scope: "s" });
    store.calls.length = 0;
    const { problems } = await manager.forTenant("two").verify(payload);
    expect(briefly(problems)).toEqual([{ kind: "refused", at: "$[0]", code: "REFERENCE_DENIED" }]);
    expect(store.calls).toEqual([]);
  });
});

describe("what a manager can't decode", () => {
  it("is refused in a payload, and in a prefix is only compared with its digest", async () => {
    const { store, payload, objects } = await written({ codecs: [gzip(), encryption()] });
    const verifiers: [StorageManagerOptions, boolean][] = [
      [{}, false],
      [{ codecs: [gzip()] }, false],
      [{ codecs: [gzip(), encryption("other", Buffer.alloc(32, 5))] }, true],
    ];
    for (const [options, reads] of verifiers) {
      const [ofPayload, ofPrefix] = await bothReports(new StorageManager({ store, ...options }), payload);
      expect(ofPayload).toMatchObject({ corrupt: 0, missing: 0, ok: false });
      expect(ofPayload.refused).toBeGreaterThan(30);
      expect(ofPayload.objects > 0).toBe(reads);
      expect(ofPayload.problems.every(({ error }) => error!.code === "DECODE_FAILED")).toBe(true);
      expect(ofPrefix).toMatchObject({ ok: true, unchecked: objects.length });
    }
  });

  it("is refused where only what is encrypted is taken", async () => {
    const { store, payload, objects } = await written({});
    const [ofPayload, ofPrefix] = await bothReports(new StorageManager({ store, codecs: [encryption()] }), payload);
    expect(ofPayload).toMatchObject({ corrupt: 0, missing: 0, ok: false });
    expect(ofPrefix).toMatchObject({ refused: objects.length, corrupt: 0 });
    const lenient = [encryption("k1", Buffer.alloc(32, 7), { allowUnencrypted: true })];
    const both = await bothReports(new StorageManager({ store, codecs: lenient }), payload);
    expect(both).toMatchObject([{ ok: true }, { ok: true, unchecked: 0 }]);
  });

  it("is corrupt when it was encrypted for another place", async () => {
    const { store, manager, objects } = await written({ codecs: [encryption()] });
    const [path, bytes] = objects[0]!;
    const moved = path.replace("outputs/s/", "outputs/t/");
    await store.write(moved, bytes);
    const { problems } = await manager.verifyPrefix("outputs/t/");
    expect(briefly(problems)).toEqual([{ kind: "corrupt", path: moved, code: "INTEGRITY" }]);
  });

  it.each([
    ["compressed by a bomb", Buffer.alloc(100_000), 60_000],
    ["compressed", Buffer.from(longText("a", 50_000)), 60_000],
  ])("is refused when it is too large: %s", async (name, data, maxBytes) => {
    const store = new MemoryStore();
    const manager = new StorageManager({ store, codecs: [gzip()], maxInlineSize: 10 });
    const texts = ["one", data.toString("latin1"), longText("two", 3000)];
    const payload = await manager.dehydrate(texts, { scope: "s" });
    const tight = new StorageManager({ store, codecs: [gzip()], maxBytes });
    const [ofPayload, ofPrefix] = await bothReports(tight, payload);
    const isBomb = name.endsWith("bomb");
    expect(ofPayload).toMatchObject({ ok: !isBomb, corrupt: 0, refused: isBomb ? 1 : 0 });
    expect(ofPrefix).toMatchObject({ ok: !isBomb, corrupt: 0, refused: isBomb ? 1 : 0, unchecked: 0 });
  });

  it("is found in an object that took the place of another, whichever bit was changed", async () => {
    const { store, objects } = await written({ codecs: [gzip(), encryption()] });
    const keys = { keys: { k1: Buffer.alloc(32, 7), k2: Buffer.alloc(32, 8) } };
    const manager = new StorageManager({ store, codecs: [gzip(), encryption("k2", Buffer.alloc(32, 8), keys)] });
    expect(await manager.reencrypt("")).toMatchObject({ reencrypted: objects.length });
    const replaced = [...(await objectsOf(store))];
    const damage = fc.record({ object: fc.nat(replaced.length - 1), at: fc.nat(100_000), bit: fc.nat(7) });
    await fc.assert(
      fc.asyncProperty(damage, async ({ object, at, bit }) => {
        const [path, bytes] = replaced[object]!;
        const changed = Buffer.from(bytes);
        changed[at % bytes.byteLength]! ^= 1 << bit;
        await store.write(path, changed);
        const { problems } = await manager.verifyPrefix("");
        await store.write(path, bytes);
        expect(problems.map((problem) => problem.path)).toContain(path);
      }),
      { numRuns: 40 },
    );
  });
});
