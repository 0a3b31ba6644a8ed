import { inspect } from "node:util";
import fc from "fast-check";
import { managerSettings } from "../../src/manager/settings.js";
import { StorageManager } from "../../src/manager/storage-manager.js";
import type { SigningOptions, StorageManagerOptions } from "../../src/manager/options.js";
import type { StorageReference } from "../../src/reference/reference.js";
import { parseSelector, type SelectorStep } from "../../src/reference/selector.js";
import { MemoryStore } from "../../src/store/drivers/memory-store.js";
import { FakeClock } from "../../src/testing/fake-clock.js";
import { jsonValue, wideValueWithBytes } from "../plan/payload-arbitrary.js";
import { failureOf } from "../support/failure.js";
import { HeldStore } from "../support/held-store.js";
import { longText, throughJson } from "../support/payloads.js";
import { RecordingStore } from "../support/recording-store.js";
import { signingKey, signingOptions } from "../support/signing.js";
import { objectsOf, putJson } from "../support/stored.js";

type Payload = Record<string, unknown>;

const SIGNING: { name: string; signing: SigningOptions | undefined }[] = [
  { name: "with signing", signing: signingOptions() },
  { name: "without", signing: undefined },
];

function setUp(options: Partial<SigningOptions> = {}, others: Partial<StorageManagerOptions> = {}) {
  const store = new RecordingStore();
  const manager = new StorageManager({ store, signing: signingOptions(options), ...others });
  const other = (different: Partial<SigningOptions>, more: Partial<StorageManagerOptions> = {}) =>
    new StorageManager({ store, signing: signingOptions({ ...options, ...different }), ...others, ...more });
  return { store, manager, other };
}

/** A reference that a manager wrote to a text. */
async function referenceBy(manager: StorageManager, label = "a", audience?: string): Promise<StorageReference> {
  return (await manager.dehydrate(longText(label), { scope: "s", audience })) as StorageReference;
}

async function expectRefused(call: Promise<unknown>, message = ""): Promise<void> {
  const error = await failureOf(call);
  expect(error.code).toBe("SIGNATURE_INVALID");
  expect(error.message).toContain(message);
}

/** All references in a value, wherever they stand. */
function referencesIn(value: unknown): StorageReference[] {
  if (typeof value !== "object" || value === null) return [];
  if ("$storageRef" in value) return [value as StorageReference];
  return Object.values(value).flatMap(referencesIn);
}

describe("references that a manager with signing writes", () => {
  it("are signed by the active key, also in packs, those of inputs, and those of a plan", async () => {
    const { manager, other } = setUp({ keys: { k1: signingKey(1), k2: signingKey(2) }, activeKeyId: "k2" });
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
    const { manager, store } = setUp({ audience: "tenant-1" });
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
    const { manager, store } = setUp({ ttl: 60_000 }, { maxInlineSize: 40, maxEnvelopeSize: 1024 });
    const signer = setUp().manager;
    const check = async (payload: unknown, limit: number): Promise<void> => {
      const result = await manager.dehydrate(payload, { maxEnvelopeSize: limit });
      const json = JSON.stringify(result);
      expect(Buffer.byteLength(json)).toBeLessThanOrEqual(limit);
      expect(Buffer.byteLength(json)).toBeLessThanOrEqual(manager.plan(payload, { maxEnvelopeSize: limit }).inlineSize);
      for (const reference of referencesIn(result)) expect(() => signer.select(reference, "")).not.toThrow();
      expect(JSON.stringify(await manager.hydrate(JSON.parse(json)))).toBe(JSON.stringify(payload));
    };
    await fc.assert(
      fc.asyncProperty(fc.oneof(jsonValue, wideValueWithBytes), fc.constantFrom(1024, 4096), async (payload, limit) => {
        await check(payload, limit);
      }),
      { numRuns: 60 },
    );
    expect(store.paths("write").length).toBeGreaterThan(0);
  });

  it("are not planned for with fewer bytes than they have", async () => {
    const options = { pack: { maxEntrySize: 4096, maxPackSize: 8192 } };
    for (const signing of [
      signingOptions(),
      signingOptions({ ttl: 1, keys: { "key-2026": signingKey(3) }, activeKeyId: "key-2026" }),
    ]) {
      const manager = new StorageManager({ store: new MemoryStore(), signing, ...options });
      for (const payload of [longText("a"), Buffer.alloc(9), { a: longText("a"), b: longText("b") }]) {
        const { value, inlineSize } = manager.plan(payload, { scope: "s", schema: "é", schemaVersion: "2" });
        expect(inlineSize).toBe(Buffer.byteLength(JSON.stringify(value)));
      }
    }
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
    ["no signature", ({ $storageSignature: _, ...reference }) => reference],
    ["an empty signature", (reference) => ({ ...reference, $storageSignature: "" })],
    ["a path that is none", (reference) => ({ ...reference, $storageRef: "../etc/passwd" })],
    ["another scheme", (reference) => ({ ...reference, $storageRef: "s3://bucket/outputs/a" })],
    ["a codec that is not there", (reference) => ({ ...reference, $storageEncoding: "rot13" })],
    ["of BubuStack", ({ $storageRef }) => ({ $bubuStorageRef: $storageRef })],
  ];

  it.each(changes)("are refused before any I/O and any other check: %s", async (_, change) => {
    const { manager, store } = setUp();
    const reference = await referenceBy(manager);
    const forged = change(reference);
    store.calls.length = 0;
    await expectRefused(manager.hydrate({ a: [reference, { forged }] }));
    await expectRefused(manager.open(forged as StorageReference));
    expect(() => manager.select(forged as StorageReference, "a")).toThrow(
      expect.objectContaining({ code: "SIGNATURE_INVALID" }),
    );
    expect(store.calls).toEqual([]);
    expect(JSON.stringify(await failureOf(manager.hydrate(forged)))).not.toContain("outputs");
  });

  it("are refused when storage is disabled, and the good ones are STORAGE_DISABLED", async () => {
    const reference = await referenceBy(setUp().manager);
    const disabled = new StorageManager({ signing: signingOptions() });
    await expectRefused(disabled.hydrate({ ...reference, $storageSize: 1 }));
    expect((await failureOf(disabled.hydrate(reference))).code).toBe("STORAGE_DISABLED");
  });

  it("are refused in stored objects, whatever they point at", async () => {
    const { manager, store, other } = setUp({ audience: "tenant-1" });
    const inner = await referenceBy(manager);
    const foreign = await referenceBy(other({ audience: "tenant-2" }), "b");
    for (const [found, isGood] of [
      [inner, true],
      [foreign, false],
      [{ ...inner, $storageSize: 2 }, false],
      [await putJson(store, 1), false],
    ] as const) {
      // As if a writer with the key had referred to an object that holds this.
      const outer = await setUpPass(store).dehydrate({ found }, { scope: "t", maxInlineSize: 9 });
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
    const { manager, store } = setUp();
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
    expect(store.paths("read")).toEqual([reference.$storageRef]);
  });
});

describe("an audience", () => {
  it("keeps references of one tenant from being used by another", async () => {
    const { manager, store } = setUp({ audience: "tenant-1" });
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
    const { manager } = setUp();
    const reference = await referenceBy(manager);
    for (const audience of ["", 7, null, "\ud800"] as string[]) {
      for (const call of [
        manager.dehydrate({}, { audience }),
        manager.hydrate({}, { audience }),
        manager.open(reference, { audience }),
      ]) {
        expect(await failureOf(call)).toMatchObject({
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
    ]) {
      expect(await failureOf(call)).toMatchObject({
        code: "CONFIG_INVALID",
        message: expect.stringContaining("signing"),
      });
    }
  });
});

describe("rotation", () => {
  const [one, two] = [signingKey(1), signingKey(2)];

  it("keeps what the old key signed, until that key is removed", async () => {
    const { manager, other } = setUp({ keys: { k1: one } });
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
    const { manager } = setUp({ keys });
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
    const { manager, other, store } = setUp({ ttl: 60_000, clock });
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
    const { manager } = setUp({ ttl: 1000, clock }, { pack: false });
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
    const { manager, other, store } = setUp();
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
    const { manager, store } = setUp();
    const signed = await referenceBy(manager);
    const plain = new StorageManager({ store });
    await expect(plain.hydrate({ ...signed, $storageSignature: "anything" })).resolves.toBe(longText("a"));
    expect(await referenceBy(plain)).not.toHaveProperty("$storageSignature");
  });
});

describe("payloads that hold references", () => {
  it("pass on those that were signed, in fast and slow walks, and keep all others as data", async () => {
    const { manager, other, store } = setUp({ keys: { k1: signingKey(1), k2: signingKey(2) } });
    const signed = await referenceBy(manager);
    const bySecondKey = await referenceBy(other({ activeKeyId: "k2" }), "b");
    const { $storageSignature: _, ...unsigned } = signed;
    const lookalikes = [
      unsigned,
      { ...signed, $storageSize: 1 },
      { ...signed, more: 1 },
      { ...signed, $storageSignature: `k3:${"A".repeat(43)}` },
      { $bubuStorageRef: signed.$storageRef },
      await referenceBy(other({ audience: "other" })),
    ];
    for (const payload of [
      { signed, bySecondKey, lookalikes },
      { plain: { a: [1, { b: "c" }] }, list: [[{ signed }], bySecondKey, { lookalikes }] },
      { more: longText("c"), deep: nested(20, { signed, bySecondKey, lookalikes }) },
      { bytes: Buffer.from("x"), toJSON: () => ({ signed, bySecondKey, lookalikes }) },
      Array.from({ length: 30 }, () => ({ signed, bySecondKey, lookalikes })),
    ]) {
      for (const maxInlineSize of [0, 100, 1024, 100_000]) {
        const result = await manager.dehydrate(payload, { scope: "t", maxInlineSize });
        const hydrated = await manager.hydrate(throughJson(result));
        expect(hydrated).toEqual(withValues(throughJson(payload)));
      }
    }
    expect(await manager.dehydrate(signed)).toBe(signed);
    expect(store.paths("read").length).toBeGreaterThan(0);

    function withValues(value: unknown): unknown {
      if (JSON.stringify(value) === JSON.stringify(signed)) return longText("a");
      if (JSON.stringify(value) === JSON.stringify(bySecondKey)) return longText("b");
      if (Array.isArray(value)) return value.map(withValues);
      if (typeof value !== "object" || value === null) return value;
      return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withValues(inner)]));
    }
  });

  it("pass on those that have expired, for hydration to refuse", async () => {
    const clock = new FakeClock();
    const { manager } = setUp({ ttl: 1000, clock });
    const reference = await referenceBy(manager);
    await clock.advance(5000);
    for (const references of ["escape", "pass"] as const) {
      const result = await manager.dehydrate({ reference }, { references });
      expect(result).toEqual({ reference });
      await expectRefused(manager.hydrate(result), "expired");
    }
  });

  it("pass on those of the call's own audience only", async () => {
    const { manager } = setUp({ audience: "tenant-1" });
    const reference = await referenceBy(manager);
    const result = await manager.dehydrate({ reference }, { audience: "tenant-2" });
    await expect(manager.hydrate(result, { audience: "tenant-2" })).resolves.toEqual({ reference });
    await expect(manager.hydrate(await manager.dehydrate({ reference }))).resolves.toEqual({
      reference: longText("a"),
    });
  });

  it('with "pass" name the place of one that was not signed', async () => {
    const { manager, other } = setUp({}, { references: "pass" });
    const signed = await referenceBy(manager);
    const { $storageSignature: _, ...unsigned } = signed;
    await expect(manager.dehydrate({ signed })).resolves.toEqual({ signed });
    for (const found of [unsigned, { ...signed, $storageSize: 1 }, { $bubuStorageRef: "outputs/s/a.json" }]) {
      const error = await failureOf(manager.dehydrate({ a: [found] }));
      expect(error).toMatchObject({ code: "SIGNATURE_INVALID", message: expect.stringContaining("$.a[0]") });
      expect(error.cause).toMatchObject({ code: "SIGNATURE_INVALID" });
      expect(() => manager.plan({ a: [found] })).toThrow("$.a[0]");
    }
    const lenient = other({ allowUnsigned: true });
    await expect(lenient.dehydrate({ unsigned })).resolves.toEqual({ unsigned });
    expect((await failureOf(lenient.dehydrate([{ ...unsigned, $storageSize: -1 }]))).code).toBe("INVALID_REFERENCE");
    await expectRefused(lenient.dehydrate([{ ...signed, $storageSize: 1 }]));
  });

  it('with "reject" refuse signed ones too', async () => {
    const { manager } = setUp();
    const signed = await referenceBy(manager);
    const error = await failureOf(manager.dehydrate({ a: signed }, { references: "reject" }));
    expect(error).toMatchObject({ code: "INVALID_REFERENCE", message: expect.stringContaining("$.a") });
  });

  it("leave the references of resolvers as they were", async () => {
    const resolvers = [{ key: "$bubuVaultRef", resolve: () => Promise.resolve("secret") }];
    const { manager } = setUp({}, { resolvers });
    const vault = { $bubuVaultRef: "a" };
    await expect(manager.dehydrate({ vault })).resolves.toEqual({ vault: { $$bubuVaultRef: "a" } });
    await expect(manager.dehydrate({ vault }, { references: "pass" })).resolves.toEqual({ vault });
    await expect(manager.hydrate({ vault })).resolves.toEqual({ vault: "secret" });
  });
});

describe("select", () => {
  const order = { items: [{ id: 1 }, { id: 2 }], "a.b": { c: longText("a", 1000) } }; // leaves whole

  it.each(SIGNING)("gives a reference to a part, $name", async ({ signing }) => {
    const { store, manager, reference } = await stored(signing);
    const frozen = Object.freeze({ ...reference });
    store.calls.length = 0;
    for (const [path, part] of [
      ["items", order.items],
      [".items[*].id", [1, 2]],
      [" items[1] ", { id: 2 }],
      ['["a.b"].c', longText("a", 1000)],
      ["", order],
    ] as const) {
      const selected = manager.select(frozen, path);
      expect(store.calls).toEqual([]);
      expect(selected.$storageRef).toBe(reference.$storageRef);
      expect("$storageSignature" in selected).toBe(signing !== undefined);
      await expect(manager.hydrate(throughJson(selected))).resolves.toEqual(part);
      store.calls.length = 0;
    }
  });

  it.each(SIGNING)("selects in what is selected, $name", async ({ signing }) => {
    const { manager, reference } = await stored(signing);
    const item = manager.select(manager.select(reference, "items"), "[1]");
    expect(item.$storagePath).toBe("items[1]");
    expect(manager.select(item, "id").$storagePath).toBe("items[1].id");
    expect(manager.select(item, ".id").$storagePath).toBe("items[1].id");
    await expect(manager.hydrate(manager.select(item, "id"))).resolves.toBe(2);
    const each = manager.select(reference, "items[*]");
    await expect(manager.hydrate(each)).resolves.toEqual(order.items);
    expect(() => manager.select(each, "[0]")).toThrow(expect.objectContaining({ code: "INVALID_REFERENCE" }));
    expect(manager.select(each, " ").$storagePath).toBe("items[*]");
  });

  it("finds the same in one step as in two", async () => {
    const { manager, reference } = await stored(signingOptions());
    const step = fc.constantFrom(".a", ".b ", "[0]", "[ 1 ]", '["a.b"]', '.["]"]');
    const steps = fc.array(step, { minLength: 1, maxLength: 3 }).map((all) => all.join(""));
    fc.assert(
      fc.property(steps, steps, fc.boolean(), (first, second, bare) => {
        const inner = bare ? second.replace(/^\.(?=[ab])/, "") : second;
        const selected = manager.select(manager.select(reference, first), inner);
        expect(parseSelector(selected.$storagePath!).map(what)).toEqual(
          [...parseSelector(first), ...parseSelector(second)].map(what),
        );
      }),
    );

    function what({ position: _, ...rest }: SelectorStep): object {
      return rest;
    }
  });

  it.each(SIGNING)("refuses selectors and references that are none, $name", async ({ signing }) => {
    const { manager, reference, store } = await stored(signing);
    store.calls.length = 0;
    for (const path of ["a..b", "[-1]", "[", "a]", "x".repeat(4097), "\ud800", 7, null, undefined, {}] as string[]) {
      expect(() => manager.select(reference, path)).toThrow(expect.objectContaining({ code: "INVALID_REFERENCE" }));
    }
    const long = manager.select(reference, "x".repeat(3000));
    expect(() => manager.select(long, "y".repeat(3000))).toThrow(
      expect.objectContaining({ code: "INVALID_REFERENCE" }),
    );
    for (const value of [{}, null, undefined, "outputs/a", [], { ...reference, more: 1 }, { $storageRef: 1 }]) {
      expect(() => manager.select(value as StorageReference, "a")).toThrow(
        expect.objectContaining({ code: "INVALID_REFERENCE" }),
      );
    }
    expect(store.calls).toEqual([]);
  });

  it("signs by the active key, for the same audience, until the same time, and never what was not signed", async () => {
    const clock = new FakeClock();
    const keys = { k1: signingKey(1), k2: signingKey(2) };
    const { manager, other } = setUp({ audience: "a", ttl: 10_000, clock, keys });
    const whole = (await manager.dehydrate(order)) as StorageReference;
    await clock.advance(9000);
    const later = other({ ttl: 1e9, activeKeyId: "k2", allowUnsigned: true });
    const selected = later.select(whole, "a");
    expect(selected.$storageSignature).toMatch(/^k2:/);
    expect(() => manager.select(selected, "b")).not.toThrow();
    expect(() => manager.select(selected, "b", { audience: "b" })).toThrow("audience");
    await clock.advance(1000);
    expect(() => later.select(whole, "a")).toThrow("expired");
    await expectRefused(later.hydrate(selected), "expired");
    const { $storageSignature: _, ...unsigned } = whole;
    expect(later.select(unsigned as StorageReference, "a")).toEqual({ ...unsigned, $storagePath: "a" });
    expect(later.select({ $bubuStorageRef: "outputs/a" }, "a")).toEqual({
      $bubuStorageRef: "outputs/a",
      $bubuStoragePath: "a",
    });
    // Of no use where signatures count.
    await expectRefused(manager.hydrate(later.select(unsigned as StorageReference, "a")));
  });

  it("drops a signature that was not asked for, since it is not that of the part", async () => {
    const { reference, store } = await stored(signingOptions());
    expect(new StorageManager({ store }).select(reference, "a")).not.toHaveProperty("$storageSignature");
  });

  async function stored(signing: SigningOptions | undefined) {
    const store = new RecordingStore();
    const manager = new StorageManager({ store, signing });
    const reference = (await manager.dehydrate(order)) as StorageReference;
    return { store, manager, reference };
  }
});

describe("options of signing", () => {
  const wrong: readonly (readonly [string, unknown, string])[] = [
    ["no object", "key", "signing"],
    ["null", null, "signing"],
    ["no keys", { activeKeyId: "k1" }, "signing.keys"],
    ["keys that are none", { keys: [signingKey(1)], activeKeyId: "0" }, "signing.keys"],
    ["a Map of keys", { keys: new Map([["k1", signingKey(1)]]), activeKeyId: "k1" }, "signing.keys"],
    ["a short key", { keys: { k1: signingKey(1), k2: new Uint8Array(31) }, activeKeyId: "k1" }, "signing.keys.k2"],
    ["a key that is text", { keys: { k1: "k".repeat(64) }, activeKeyId: "k1" }, "signing.keys.k1"],
    ["an id that is none", { keys: { "k:1": signingKey(1) }, activeKeyId: "k:1" }, "signing.keys"],
    ["no active key", { keys: { k1: signingKey(1) } }, "signing.activeKeyId"],
    ["an active key that is not there", { keys: { k1: signingKey(1) }, activeKeyId: "k2" }, "signing.activeKeyId"],
    [
      "an active key that is inherited",
      { keys: { k1: signingKey(1) }, activeKeyId: "constructor" },
      "signing.activeKeyId",
    ],
    ["__proto__ as active key", { keys: { k1: signingKey(1) }, activeKeyId: "__proto__" }, "signing.activeKeyId"],
    ["no keys at all", { keys: {}, activeKeyId: "k1" }, "signing.activeKeyId"],
    ["an empty audience", signingOptions({ audience: "" }), "signing.audience"],
    ["an audience with half a character", signingOptions({ audience: "\ud800" }), "signing.audience"],
    ["a ttl of 0", signingOptions({ ttl: 0 }), "signing.ttl"],
    ["a ttl that is no whole number", signingOptions({ ttl: 1.5 }), "signing.ttl"],
    ["allowUnsigned that is text", { ...signingOptions(), allowUnsigned: "no" }, "signing.allowUnsigned"],
    ["a clock that is none", { ...signingOptions(), clock: {} }, "signing.clock"],
    ["an option that is none", { ...signingOptions(), key: 1 }, "signing"],
  ];

  it.each(wrong)("are refused: %s", (_, signing, field) => {
    const message = configurationError({ signing: signing as SigningOptions });
    expect(message).toContain(`${field}: `);
    expect(message).not.toContain("kkkk");
  });

  it("are all named when all are wrong, and no id that is none is repeated", () => {
    const secret = Buffer.from(signingKey(1)).toString("base64");
    const message = configurationError({
      maxInlineSize: -1,
      signing: {
        keys: { [secret]: "k" },
        audience: 1,
        ttl: 0,
        allowUnsigned: 1,
        clock: 1,
      } as unknown as SigningOptions,
    });
    for (const field of ["maxInlineSize", "keys", "activeKeyId", "audience", "ttl", "allowUnsigned", "clock"]) {
      expect(message).toContain(field);
    }
    expect(message).not.toContain(secret);
  });

  it("can't be had in the dialect bubustack", () => {
    expect(configurationError({ dialect: "bubustack", signing: signingOptions() })).toContain("signing: ");
  });

  it("take ids of all kinds, and keys of their own only", async () => {
    const keys = Object.fromEntries([
      ["__proto__", signingKey(1)],
      ["constructor", signingKey(2)],
    ]);
    for (const activeKeyId of ["__proto__", "constructor"]) {
      const { manager } = setUp({ keys, activeKeyId });
      const reference = await referenceBy(manager);
      expect(reference.$storageSignature!.startsWith(`${activeKeyId}:`)).toBe(true);
      await expect(manager.hydrate(reference)).resolves.toBe(longText("a"));
    }
    const nothing = Object.assign(Object.create(null) as Record<string, Uint8Array>, { k1: signingKey(1) });
    expect(() => setUp({ keys: nothing })).not.toThrow();
  });

  it("of a schema are text that can be signed", async () => {
    const { manager } = setUp();
    for (const field of ["schema", "schemaVersion"]) {
      const error = await failureOf(manager.dehydrate({}, { [field]: "\udc00" }));
      expect(error).toMatchObject({ code: "CONFIG_INVALID", message: expect.stringContaining(field) });
    }
  });
});

it("nothing shows a key", async () => {
  const keys = { k1: signingKey(1), k2: signingKey(2) };
  const told: string[] = [];
  const everything = { depth: Infinity, showHidden: true, showProxy: true, maxArrayLength: null } as const;
  const tell = (value: unknown): void => void told.push(inspect(value, everything), JSON.stringify(value));
  const manager = new StorageManager({
    store: new MemoryStore(),
    signing: { keys, activeKeyId: "k2", ttl: 1000, audience: "a" },
    observer: tell,
  });
  const reference = await referenceBy(manager);
  await manager.hydrate(reference);
  const failing = [
    manager.hydrate({ ...reference, $storageSize: 1 }),
    manager.open({ ...reference, $storageSignature: "k1:" }),
    manager.dehydrate([{ $storageRef: "a" }], { references: "pass" }),
    manager.hydrate(reference, { audience: "b" }),
  ];
  for (const call of failing) tell(await failureOf(call));
  for (const activeKeyId of ["k3", 1 as unknown as string]) {
    expect(() => {
      try {
        new StorageManager({ signing: { keys, activeKeyId } });
      } catch (error) {
        tell(error);
        throw error;
      }
    }).toThrow("activeKeyId");
  }
  tell(manager);
  tell(manager.plan(longText("a")));
  tell(managerSettings({ signing: { keys, activeKeyId: "k1" } }));
  const shown = told.join("\n").replace(/\s+/g, " ");
  expect(shown).toContain("SIGNATURE_INVALID");
  for (const key of Object.values(keys)) {
    const bytes = Buffer.from(key);
    // Parts of it too, in whatever form bytes are shown.
    for (const part of [bytes.subarray(0, 9), bytes.subarray(12, 24)]) {
      const forms = [part.toString("hex"), part.toString("base64"), part.toString("base64url"), [...part].join(",")];
      forms.push([...part].join(", "), [...part].map((byte) => byte.toString(16).padStart(2, "0")).join(" "));
      forms.push(part.toString("latin1"));
      for (const form of forms) expect(shown).not.toContain(form);
    }
  }
});

function configurationError(options: StorageManagerOptions): string {
  let thrown: unknown;
  try {
    new StorageManager(options);
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toMatchObject({ code: "CONFIG_INVALID" });
  return (thrown as Error).message;
}

function nested(levels: number, value: unknown): unknown {
  return levels === 0 ? value : { level: [nested(levels - 1, value)] };
}

/** A manager that signs nothing, so that a test can say what is stored. */
function setUpPass(store: RecordingStore): StorageManager {
  return new StorageManager({ store, references: "pass" });
}

/** Signs a reference that somebody else wrote, as only one who has a key can. */
function resign(reference: unknown, audience: string): StorageReference {
  const settings = managerSettings({ signing: signingOptions({ audience }) });
  const signature = settings.signing!.signer.forCall(audience).sign(reference as Payload);
  return { ...(reference as StorageReference), $storageSignature: signature };
}
