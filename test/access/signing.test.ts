import fc from "fast-check";
import { dehydrationPlan } from "../../src/dehydrate/dehydration-plan.js";
import { planPayload } from "../../src/dehydrate/plan-payload.js";
import { managerSettings } from "../../src/configure/settings.js";
import { StorageManager } from "../../src/manager/storage-manager.js";
import { gzip } from "../../src/codecs/gzip.js";
import type { StorageReference } from "../../src/reference/reference.js";
import { MemoryStore } from "../../src/store/drivers/memory-store.js";
import { FakeClock } from "../../src/testing/fake-clock.js";
import { jsonValue, wideValueWithBytes } from "../plan/payload-arbitrary.js";
import { failureOf, thrownBy } from "../support/failure.js";
import { HeldStore } from "../support/held-store.js";
import { longText, throughJson } from "../support/payloads.js";
import type { RecordingStore } from "../support/recording-store.js";
import {
  expectRefused,
  referenceBy,
  referencesIn,
  signingKey,
  signingManager,
  signingOptions,
  withoutSignature,
} from "../support/signing.js";
import { objectsOf, putJson } from "../support/stored.js";

type Payload = Record<string, unknown>;

describe("references that a manager with signing writes", () => {
  it("are signed by the active key, also in packs, those of inputs, and those of a plan", async () => {
    const { manager, other } = signingManager({ keys: { k1: signingKey(1), k2: signingKey(2) }, activeKeyId: "k2" });
    const payload = { a: longText("a"), b: longText("b"), c: Buffer.from("c") };
    const results = [
      await manager.dehydrate(payload, { scope: "s" }),
      await manager.dehydrateInputs(payload, { scope: "s" }),
      manager.plan(payload, { scope: "s" }).value,
    ];
    const reader = other({ keys: { k2: signingKey(2) }, activeKeyId: "k2" });
    for (const result of results) {
      for (const reference of referencesIn(result)) {
        expect(reference.$storageSignature).toMatch(/^k2:[A-Za-z0-9_-]{43}$/);
        expect(Object.keys(reference).at(-1)).toBe("$storageSignature");
      }
      await expect(reader.hydrate(result)).resolves.toEqual({ ...payload, c: new Uint8Array(payload.c) });
    }
    expect(results[2]).toEqual(results[0]);
  });

  it("are signed inside of stored objects too", async () => {
    const { manager, store } = signingManager({ audience: "tenant-1" });
    const payload = { list: Array.from({ length: 40 }, (_, i) => ({ bytes: Buffer.from(`bytes ${i}`) })) };
    const result = await manager.dehydrate(payload, { maxEnvelopeSize: 1024 });
    expect(referencesIn(result)).toEqual([(result as Payload)["list"]]);
    const stored = [...(await objectsOf(store)).values()].map(String).find((text) => text.includes("$storageRef"))!;
    const inner = referencesIn(JSON.parse(stored));
    expect(inner).toHaveLength(40);
    for (const { $storageSignature } of inner) expect($storageSignature).toMatch(/^k1:/);
    await expect(manager.hydrate(throughJson(result))).resolves.toEqual({
      list: payload.list.map(({ bytes }) => ({ bytes: new Uint8Array(bytes) })),
    });
  });

  it("come back as what they stand for, with look-alikes as data, and never over the limits", async () => {
    const { manager, store } = signingManager({ ttl: 60_000 }, { maxInlineSize: 40, maxEnvelopeSize: 1024 });
    const signer = signingManager().manager;
    const check = async (payload: unknown, limit: number): Promise<void> => {
      const result = await manager.dehydrate(payload, { maxEnvelopeSize: limit });
      const json = JSON.stringify(result);
      expect(Buffer.byteLength(json)).toBeLessThanOrEqual(limit);
      for (const reference of referencesIn(result)) expect(() => signer.select(reference, "")).not.toThrow();
      expect(JSON.stringify(await manager.hydrate(JSON.parse(json)))).toBe(JSON.stringify(payload));
    };
    await fc.assert(fc.asyncProperty(fc.oneof(jsonValue, wideValueWithBytes), fc.constantFrom(1024, 4096), check), {
      numRuns: 60,
    });
    expect(store.paths("write").length).toBeGreaterThan(0);
  });

  it("never have more bytes than were planned for", () => {
    const pack = fc.constantFrom(false as const, { maxEntrySize: 500, maxPackSize: 2000 });
    const ids = fc.constantFrom("k", "key-2026", "k".repeat(64));
    const ttl = fc.constantFrom(undefined, 1, Number.MAX_SAFE_INTEGER);
    fc.assert(
      fc.property(wideValueWithBytes, pack, ids, ttl, (payload, packs, id, lifetime) => {
        const signing = signingOptions({ keys: { [id]: signingKey(1) }, activeKeyId: id, ttl: lifetime });
        const settings = managerSettings({ signing, pack: packs, maxInlineSize: 30, maxEnvelopeSize: 1024 });
        const laidOut = planPayload(payload, { ...settings, schema: "é" }, "outputs");
        const { plan, layout } = laidOut;
        const planned = plan.inlineSize;
        const written = JSON.stringify(dehydrationPlan(laidOut, settings).value);
        expect(Buffer.byteLength(written)).toBeLessThanOrEqual(planned);
        expect(planned).toBeLessThanOrEqual(1024);
        for (const entry of plan.entries) {
          const size = Buffer.byteLength(JSON.stringify(entry.slot));
          expect(size).toBeLessThanOrEqual(layout.referenceSize(entry));
          // What is not known before is a few digits, and whether there is an offset.
          expect(size).toBeGreaterThan(layout.referenceSize(entry) - 40);
        }
      }),
    );
  });
});

describe("forged references", () => {
  const changes: [string, (reference: StorageReference) => object][] = [
    ["path", (reference) => ({ ...reference, $storageRef: "outputs/s/other.json" })],
    ["content type", (reference) => ({ ...reference, $storageContentType: "application/octet-stream" })],
    ["size", (reference) => ({ ...reference, $storageSize: reference.$storageSize + 1 })],
    ["digest", (reference) => ({ ...reference, $storageDigest: `sha256-${"A".repeat(43)}` })],
    ["offset", (reference) => ({ ...reference, $storageOffset: 0 })],
    ["encoding", (reference) => ({ ...reference, $storageEncoding: "gzip" })],
    ["schema", (reference) => ({ ...reference, $storageSchema: "order" })],
    ["schema version", (reference) => ({ ...reference, $storageSchemaVersion: "1" })],
    ["selector", (reference) => ({ ...reference, $storagePath: "a" })],
    ["no signature", withoutSignature],
    ["an empty signature", (reference) => ({ ...reference, $storageSignature: "" })],
    ["a path that is none", (reference) => ({ ...reference, $storageRef: "../etc/passwd" })],
    ["another scheme", (reference) => ({ ...reference, $storageRef: "s3://bucket/outputs/a" })],
    ["a codec that is not there", (reference) => ({ ...reference, $storageEncoding: "rot13" })],
    ["of BubuStack", ({ $storageRef }) => ({ $bubuStorageRef: $storageRef })],
  ];

  it.each(changes)("are refused before any I/O and any other check: %s", async (_, change) => {
    const { manager, store } = signingManager();
    const reference = await referenceBy(manager);
    const forged = change(reference);
    store.calls.length = 0;
    await expectRefused(manager.hydrate({ a: [reference, { forged }] }));
    await expectRefused(manager.open(forged as StorageReference));
    expect(thrownBy(() => manager.select(forged as StorageReference, "a")).code).toBe("SIGNATURE_INVALID");
    expect(store.calls).toEqual([]);
    expect(JSON.stringify(await failureOf(manager.hydrate(forged)))).not.toContain("outputs");
  });

  it("are refused when storage is disabled, and the good ones are STORAGE_DISABLED", async () => {
    const reference = await referenceBy(signingManager().manager);
    const disabled = new StorageManager({ signing: signingOptions() });
    await expectRefused(disabled.hydrate({ ...reference, $storageSize: 1 }));
    expect((await failureOf(disabled.hydrate(reference))).code).toBe("STORAGE_DISABLED");
  });

  it("are refused in stored objects, whatever they point at", async () => {
    const { manager, store, other } = signingManager({ audience: "tenant-1" });
    const inner = await referenceBy(manager);
    const foreign = await referenceBy(other({ audience: "tenant-2" }), "b");
    for (const [found, isGood] of [
      [inner, true],
      [foreign, false],
      [{ ...inner, $storageSize: 2 }, false],
      [await putJson(store, 1), false],
    ] as const) {
      // As if a writer with the key had referred to an object that holds this.
      const outer = await managerWithout(store).dehydrate({ found }, { scope: "t", maxInlineSize: 9 });
      const resigned = resign(outer, "tenant-1");
      store.calls.length = 0;
      if (isGood) {
        await expect(manager.hydrate(resigned)).resolves.toEqual({ found: longText("a") });
        continue;
      }
      await expectRefused(manager.hydrate(resigned));
      expect(store.paths("read")).toHaveLength(1);
    }
  });

  it("can't take a codec away, or say of another entry that it is encoded", async () => {
    const { manager, store } = signingManager({}, { codecs: [gzip({ minSize: 0 })] });
    const reference = await referenceBy(manager);
    expect(reference.$storageEncoding).toBe("gzip");
    await expect(manager.hydrate(reference)).resolves.toBe(longText("a"));
    const plain = { ...reference };
    delete plain.$storageEncoding;
    store.calls.length = 0;
    await expectRefused(manager.hydrate(plain));
    await expectRefused(manager.open({ ...reference, $storageEncoding: "gzip,gzip" }));
    expect(store.calls).toEqual([]);
  });

  it("join no read that is under way, and get nothing from the cache", async () => {
    const inner = new MemoryStore();
    const writer = new StorageManager({ store: inner, signing: signingOptions() });
    const reference = await referenceBy(writer);
    const store = new HeldStore(["read"], inner);
    const manager = new StorageManager({ store, signing: signingOptions(), readCache: { maxBytes: 1e6 } });
    const good = manager.hydrate(reference);
    await store.until(1);
    await expectRefused(manager.hydrate({ ...reference, $storagePath: "a" }));
    for (const call of store.held) call.release();
    await expect(good).resolves.toBe(longText("a"));
    await expectRefused(manager.hydrate({ ...reference, $storagePath: "" }));
    await expect(manager.hydrate(reference)).resolves.toBe(longText("a"));
    expect(store.held).toHaveLength(1);
  });

  it("can't change between the check and the use", async () => {
    const { manager, store } = signingManager();
    const reference = await referenceBy(manager);
    const secret = await putJson(store, "secret");
    let reads = 0;
    const changing = { ...reference };
    Object.defineProperty(changing, "$storageRef", {
      enumerable: true,
      // What recognises a reference reads it first.
      get: () => (reads++ < 2 ? reference.$storageRef : secret.$storageRef),
    });
    await expect(manager.hydrate(changing)).resolves.toBe(longText("a"));
    reads = 0;
    expect(Buffer.from(await (await manager.open(changing)).bytes()).toString()).toBe(longText("a"));
    expect(store.paths("read")).toEqual([reference.$storageRef, reference.$storageRef]);
  });
});

describe("an audience", () => {
  it("keeps references of one tenant from being used by another", async () => {
    const { manager, store } = signingManager({ audience: "tenant-1" });
    const reference = await referenceBy(manager);
    const expiring = await referenceBy(manager, "b", "tenant-2");
    store.calls.length = 0;
    for (const audience of ["tenant-2", "Tenant-1", "tenant-1 ", "tenant"]) {
      await expectRefused(manager.hydrate(reference, { audience }), "audience");
      await expectRefused(manager.open(reference, { audience }));
      expect(() => manager.select(reference, "a", { audience })).toThrow("audience");
    }
    await expectRefused(manager.hydrate(expiring));
    await expectRefused(new StorageManager({ store, signing: signingOptions() }).hydrate(reference));
    expect(store.calls).toEqual([]);
    await expect(manager.hydrate(reference)).resolves.toBe(longText("a"));
    await expect(manager.hydrate(reference, { audience: "tenant-1" })).resolves.toBe(longText("a"));
    await expect(manager.hydrate(expiring, { audience: "tenant-2" })).resolves.toBe(longText("b"));
    expect(Buffer.from(await (await manager.open(expiring, { audience: "tenant-2" })).bytes()).toString()).toBe(
      longText("b"),
    );
  });

  it("is CONFIG_INVALID where it is none, or where nothing is signed", async () => {
    const { manager } = signingManager();
    const reference = await referenceBy(manager);
    for (const audience of ["", 7, null, "\ud800"] as string[]) {
      for (const call of [
        manager.dehydrate({}, { audience }),
        manager.hydrate({}, { audience }),
        manager.open(reference, { audience }),
      ].map(failureOf)) {
        expect(await call).toMatchObject({
          code: "CONFIG_INVALID",
          message: expect.stringContaining("audience"),
        });
      }
      expect(() => manager.select(reference, "a", { audience })).toThrow("audience");
    }
    const plain = new StorageManager({ store: new MemoryStore() });
    for (const call of [
      plain.dehydrate({}, { audience: "a" }),
      plain.hydrate({}, { audience: "a" }),
      plain.open(reference, { audience: "a" }),
    ].map(failureOf)) {
      expect(await call).toMatchObject({
        code: "CONFIG_INVALID",
        message: expect.stringContaining("signing"),
      });
    }
  });
});

describe("rotation", () => {
  const [one, two] = [signingKey(1), signingKey(2)];

  it("keeps what the old key signed, until that key is removed", async () => {
    const { manager, other } = signingManager({ keys: { k1: one } });
    const old = await referenceBy(manager);
    const rotating = other({ keys: { k1: one, k2: two }, activeKeyId: "k2" });
    const fresh = await referenceBy(rotating, "b");
    expect(fresh.$storageSignature).toMatch(/^k2:/);
    await expect(rotating.hydrate([old, fresh])).resolves.toEqual([longText("a"), longText("b")]);
    await expectRefused(manager.hydrate(fresh), "key that this manager does not have");
    const rotated = other({ keys: { k2: two }, activeKeyId: "k2" });
    await expectRefused(rotated.hydrate(old), "key that this manager does not have");
    await expect(rotated.hydrate(fresh)).resolves.toBe(longText("b"));
    await expectRefused(other({ keys: { k1: two } }).hydrate(old), "not that of this reference");
  });

  it("copies keys: changing them, or the options, changes nothing", async () => {
    const keys = { k1: signingKey(1) };
    const { manager } = signingManager({ keys });
    const before = manager.plan(longText("a"), { scope: "s" }).value;
    keys.k1.fill(0);
    (keys as Record<string, Uint8Array>)["k2"] = signingKey(2);
    expect(manager.plan(longText("a"), { scope: "s" }).value).toEqual(before);
    await expectRefused(manager.hydrate({ ...(before as object), $storageSignature: `k2:${"A".repeat(43)}` }), "key");
  });
});

describe("expiry", () => {
  it("is at a whole second, and is told by hydrate, open and select", async () => {
    const clock = new FakeClock(1_700_000_000_200);
    const { manager, other, store } = signingManager({ ttl: 60_000, clock });
    const reference = await referenceBy(manager);
    const reader = other({ ttl: undefined });
    await clock.advance(60_799);
    await expect(reader.hydrate(reference)).resolves.toBe(longText("a"));
    await clock.advance(1);
    store.calls.length = 0;
    for (const each of [manager, reader]) {
      await expectRefused(each.hydrate(reference), "expired");
      await expectRefused(each.open(reference), "expired");
      expect(() => each.select(reference, "a")).toThrow("expired");
    }
    expect(store.calls).toEqual([]);
  });

  it("is the same for all references of one call, also of long streams", async () => {
    const clock = new FakeClock(5000);
    const { manager } = signingManager({ ttl: 1000, clock }, { pack: false });
    async function* slow() {
      await clock.advance(10_000);
      yield Buffer.from("slow");
    }
    const result = (await manager.dehydrate({ a: longText("a"), stream: slow(), b: Buffer.from("b") })) as Payload;
    const expiries = referencesIn(result).map(({ $storageSignature }) =>
      Buffer.from($storageSignature!.slice(3), "base64url").readUIntBE(0, 6),
    );
    expect(expiries).toEqual([16, 16, 16]);
  });
});

describe("unsigned references", () => {
  const bubustack = { $bubuStorageRef: "outputs/s/a.json" };

  it("are read while allowUnsigned says so; signatures that are there must be good all the same", async () => {
    const { manager, other, store } = signingManager();
    const signed = await referenceBy(manager);
    const unsigned = await putJson(store, "unsigned", "outputs/s/a.json");
    const lenient = other({ allowUnsigned: true });
    await expect(lenient.hydrate([signed, unsigned, bubustack])).resolves.toEqual([
      longText("a"),
      "unsigned",
      "unsigned",
    ]);
    await expectRefused(lenient.hydrate({ ...unsigned, $storageSignature: signed.$storageSignature }), "changed");
    await expectRefused(lenient.hydrate({ ...unsigned, $storageSignature: "" }), "form");
    for (const reference of [unsigned, bubustack]) await expectRefused(manager.hydrate(reference), "none");
    expect((await referenceBy(lenient)).$storageSignature).toBe(signed.$storageSignature);
  });

  it("are all there is without signing, where signatures are ignored", async () => {
    const { manager, store } = signingManager();
    const signed = await referenceBy(manager);
    const plain = new StorageManager({ store });
    await expect(plain.hydrate({ ...signed, $storageSignature: "anything" })).resolves.toBe(longText("a"));
    expect(await referenceBy(plain)).not.toHaveProperty("$storageSignature");
  });
});

/** A manager that signs nothing, so that a test can say what is stored. */
function managerWithout(store: RecordingStore): StorageManager {
  return new StorageManager({ store, references: "pass" });
}

/** Signs a reference that somebody else wrote, as only one who has a key can. */
function resign(reference: unknown, audience: string): StorageReference {
  const settings = managerSettings({ signing: signingOptions({ audience }) });
  const signature = settings.signing!.signer.forCall(audience).sign(reference as Payload);
  return { ...(reference as StorageReference), $storageSignature: signature };
}
