import fc from "fast-check";
import type { StorageEvent, StorageReference } from "../../src/index.js";
import { StorageManager } from "../../src/manager/storage-manager.js";
import { aes256gcm } from "../../src/codecs/aes256gcm/aes256gcm.js";
import { MemoryStore } from "../../src/store/drivers/memory-store.js";
import type { Store } from "../../src/store/store.js";
import { failureOf as thrownBy } from "../plan/failure.js";
import { failureOf } from "../support/failure.js";
import { longText } from "../support/payloads.js";
import { RecordingStore } from "../support/recording-store.js";
import { objectsOf, putJson, referenceTo, storedJson } from "../support/stored.js";

/** A manager over a store that writes every call down. */
function shared(options: object = {}, inner: Store = new MemoryStore()) {
  const store = new RecordingStore(inner);
  const manager = new StorageManager({ store, ...options });
  /** The code of a call that must not reach the store. */
  const refusal = async (call: Promise<unknown>): Promise<string> => {
    store.calls.length = 0;
    const { code } = await failureOf(call);
    expect(store.calls).toEqual([]);
    return code;
  };
  return { store, manager, refusal };
}

async function listed(manager: StorageManager, prefix: string): Promise<string[]> {
  const paths: string[] = [];
  for await (const { path } of manager.list(prefix)) paths.push(path);
  return paths;
}

const pathsOf = async (store: Store) => [...(await objectsOf(store)).keys()];

describe("forTenant", () => {
  it("keeps objects of outputs and inputs below the tenant, and reads them back", async () => {
    const { store, manager } = shared();
    const tenant = manager.forTenant("a");
    const output = await tenant.dehydrate({ text: longText("x") }, { scope: "run" });
    const input = await tenant.dehydrateInputs({ text: longText("y") }, { scope: "run" });
    expect(await pathsOf(store)).toEqual([
      expect.stringMatching(/^inputs\/a\/run\/[0-9a-f]{64}\.json$/),
      expect.stringMatching(/^outputs\/a\/run\/[0-9a-f]{64}\.json$/),
    ]);
    expect(await tenant.hydrate([output, input])).toEqual([{ text: longText("x") }, { text: longText("y") }]);
    expect(await manager.hydrate([output, input])).toHaveLength(2); // the manager of all tenants reads what is theirs
    expect(tenant).toBeInstanceOf(StorageManager);
    expect(tenant.store).toBe(store);
  });

  it("keeps all other options", async () => {
    const events: StorageEvent[] = [];
    const { store, manager } = shared({
      maxInlineSize: 5,
      pack: false,
      canonical: true,
      observer: (event: StorageEvent) => void events.push(event),
    });
    const value = await manager.forTenant("a").dehydrate({ b: "long enough", a: "another text" }, { scope: "s" });
    expect(value).toHaveProperty("a.$storageContentType", "text/plain");
    expect(store.paths("write")).toHaveLength(2);
    expect(events.map(({ operation }) => operation)).toEqual(["write", "write", "dehydrate"]);
  });

  it.each<[string, unknown]>([
    ["empty", ""],
    ["a dot", "."],
    ["two dots", ".."],
    ["out of its prefix", "../b"],
    ["out of it on a detour", "b/../a"],
    ["two segments", "a/b"],
    ["a slash behind", "a/"],
    ["a slash before", "/a"],
    ["a backslash", String.raw`..\b`],
    ["an expiry label", "@2026-12-05"],
    ["a name of markers", ".done-secret"],
    ["a name of ours", ".coatcheck-x"],
    ["a NUL", "a\0"],
    ["a line feed", "a\n"],
    ["a C1 control", "a\u0085"],
    ["a lone surrogate", "a\ud800"],
    ["too long", "a".repeat(1025)],
    ["no room for an object", "a".repeat(1000)],
    ["a URL", "s3://bucket"],
    ["undefined", undefined],
    ["null", null],
    ["a number", 7],
    ["an array that reads like a tenant", ["a"]],
    ["an object that reads like a tenant", { toString: () => "a" }],
  ])("refuses a tenant that is %s", (_, tenant) => {
    const { manager, store } = shared();
    const error = thrownBy(() => manager.forTenant(tenant as string));
    expect(error).toMatchObject({ code: "CONFIG_INVALID", operation: "configure" });
    if (typeof tenant === "string" && tenant.length > 2) expect(error.message).not.toContain(tenant);
    expect(store.calls).toEqual([]);
  });

  it("refuses tenants of a tenant, whose names could be its scopes", () => {
    const tenant = shared().manager.forTenant("a");
    expect(thrownBy(() => tenant.forTenant("b"))).toMatchObject({ code: "CONFIG_INVALID" });
  });

  it.each([
    ["data", "data"],
    ["data", "database"],
  ])("takes tenants of %s and %s", (outputPrefix, inputPrefix) => {
    expect(shared({ outputPrefix, inputPrefix }).manager.forTenant("base")).toBeDefined();
  });

  it("leaves the store open for the others when it is closed", async () => {
    const { store, manager } = shared({ readCache: { maxBytes: 100_000 } });
    const tenant = manager.forTenant("a");
    const value = await tenant.dehydrate(longText("x"));
    await manager.hydrate(value);
    await tenant.close();
    await tenant[Symbol.asyncDispose]();
    expect(store.paths("close")).toEqual([]);
    store.calls.length = 0;
    expect(await manager.hydrate(value)).toBe(longText("x"));
    expect(store.calls).toEqual([]); // still cached
    await manager.close();
    expect(store.paths("close")).toHaveLength(1);
  });

  it("works without a store", async () => {
    const tenant = new StorageManager({}).forTenant("a");
    expect(await tenant.dehydrate({ a: 1 })).toEqual({ a: 1 });
    expect((await failureOf(tenant.readBlob("outputs/b/x"))).code).toBe("STORAGE_DISABLED");
  });
});

describe("A reference to what is another tenant's", () => {
  it("is REFERENCE_DENIED before any I/O, by hydrate, open and presign", async () => {
    const { manager, refusal } = shared();
    const foreign = (await manager.forTenant("b").dehydrate(longText("secret"))) as StorageReference;
    const tenant = manager.forTenant("a");
    expect(await refusal(tenant.hydrate({ deep: [foreign] }))).toBe("REFERENCE_DENIED");
    expect(await refusal(tenant.open(foreign))).toBe("REFERENCE_DENIED");
    expect(await refusal(tenant.presign(foreign, { method: "GET", expiresIn: 60 }))).toBe("REFERENCE_DENIED");
    expect(await refusal(tenant.hydrate({ $bubuStorageRef: foreign.$storageRef }))).toBe("REFERENCE_DENIED");
  });

  it.each([
    "outputs/ab/s/x.json",
    "outputs/b/s/x.json",
    "outputs/x.json",
    "outputs/A/s/x.json",
    "outputs/a%2f../b/x.json",
    "outputs/%61/x.json",
    "inputs/ab/x.json",
    "other/a/x.json",
    "a/x.json",
    "outputs",
  ])("is denied at %s to tenant a", async (path) => {
    const { store, manager, refusal } = shared({ allow: ["other", "outputs/b", "a"] });
    const reference = await putJson(store.inner, "secret", path);
    expect(await refusal(manager.forTenant("a").hydrate(reference))).toBe("REFERENCE_DENIED");
    expect(await refusal(manager.forTenant("a").readBlob(path))).toBe("REFERENCE_DENIED");
  });

  it.each(["outputs/a/../b/x.json", "/outputs/a/x.json", "outputs/a//x", String.raw`outputs/a\..\b`, "outputs/a/."])(
    "is no reference at all at %s",
    async (path) => {
      const { manager, refusal } = shared();
      const reference = referenceTo(path, storedJson(1));
      expect(await refusal(manager.forTenant("a").hydrate(reference))).toBe("INVALID_REFERENCE");
      expect(await refusal(manager.forTenant("a").readBlob(path))).toBe("INVALID_PATH");
    },
  );

  it("is denied inside of an object that is the tenant's own", async () => {
    const { store, manager } = shared();
    const foreign = await putJson(store.inner, "secret", "outputs/b/s/x.json");
    const own = await putJson(store.inner, { nested: [foreign] }, "outputs/a/s/x.json");
    store.calls.length = 0;
    expect((await failureOf(manager.forTenant("a").hydrate(own))).code).toBe("REFERENCE_DENIED");
    expect(store.paths("read")).toEqual(["outputs/a/s/x.json"]);
  });

  it("is denied where the parent's own allow list has it, and the call can't allow it", async () => {
    const { store, manager, refusal } = shared({ allow: ["other", "mem://bucket"] });
    const reference = await putJson(store.inner, "text", "other/x.json");
    expect(await manager.hydrate(reference)).toBe("text");
    const tenant = manager.forTenant("a");
    expect(await refusal(tenant.hydrate(reference))).toBe("REFERENCE_DENIED");
    for (const prefix of [
      "other",
      "outputs",
      "outputs/ab",
      "outputs/b",
      "inputs",
      "mem://outputs/a",
      "mem://outputs",
    ]) {
      expect(await refusal(tenant.hydrate(reference, { allow: ["outputs/a", prefix] }))).toBe("CONFIG_INVALID");
    }
    expect(await tenant.hydrate(1, { allow: ["outputs/a", "inputs/a/", "outputs/a/run"] })).toBe(1);
  });

  it("is INTEGRITY where its object, encrypted, was copied to the tenant's own", async () => {
    const codecs = [aes256gcm({ keys: { k: Buffer.alloc(32, 1) }, activeKeyId: "k" })];
    const { store, manager } = shared({ codecs });
    const foreign = (await manager.forTenant("b").dehydrate(longText("x"), { scope: "s" })) as StorageReference;
    const path = foreign.$storageRef.replace("outputs/b/", "outputs/a/");
    await store.inner.copy(foreign.$storageRef, path);
    const own = { ...foreign, $storageRef: path };
    expect((await failureOf(manager.forTenant("a").hydrate(own))).code).toBe("INTEGRITY");
    expect(await manager.forTenant("b").hydrate(foreign)).toBe(longText("x"));
  });

  it("is denied from a cache that has it", async () => {
    const { manager, refusal } = shared({ readCache: { maxBytes: 100_000 } });
    const [a, b] = [manager.forTenant("a"), manager.forTenant("b")];
    const reference = (await b.dehydrate(longText("x"), { scope: "s" })) as StorageReference;
    expect(await b.hydrate(reference)).toBe(longText("x"));
    expect(await refusal(a.hydrate(reference))).toBe("REFERENCE_DENIED");
    // Whoever knows the digest of what another has, gets nothing for it: where it says there is nothing.
    const claimed = { ...reference, $storageRef: reference.$storageRef.replace("/b/", "/a/") };
    expect((await failureOf(a.hydrate(claimed))).code).toBe("NOT_FOUND");
    // The same content in the same scope is another object for each of them.
    expect(await a.hydrate(await a.dehydrate(longText("x"), { scope: "s" }))).toBe(longText("x"));
    await a.release("s");
    expect(await b.hydrate(reference)).toBe(longText("x"));
  });
});

describe("The blobs of a tenant", () => {
  const FOREIGN = ["outputs/b/x", "outputs/ab/x", "outputs/x", "outputs", "a/x", "inputs/ab", "~coatcheck/x", "x"];

  it("are written, read, listed and deleted below its prefixes", async () => {
    const { store, manager } = shared();
    const tenant = manager.forTenant("a");
    await tenant.writeBlob("outputs/a/x", "text");
    await tenant.writeBlob("inputs/a/y", "text");
    await store.inner.write("outputs/ab/x", "another's");
    expect(Buffer.from(await tenant.readBlob("outputs/a/x")).toString()).toBe("text");
    for (const prefix of ["outputs/a/", "outputs/a/x"]) expect(await listed(tenant, prefix)).toEqual(["outputs/a/x"]);
    expect(await listed(tenant, "inputs/a/")).toEqual(["inputs/a/y"]);
    await tenant.delete("outputs/a/x");
    expect(await listed(tenant, "outputs/a/")).toEqual([]);
  });

  it.each(FOREIGN)("are not at %s", async (path) => {
    const { manager, refusal } = shared();
    const tenant = manager.forTenant("a");
    for (const call of [
      () => tenant.writeBlob(path, "text"),
      () => tenant.readBlob(path),
      () => tenant.delete(path),
      () => tenant.presign(path, { method: "GET", expiresIn: 1 }),
      () => tenant.presign(path, { method: "PUT", expiresIn: 1 }),
    ]) {
      expect(await refusal(call())).toBe("REFERENCE_DENIED");
    }
  });

  it.each(["", "o", "outputs", "outputs/", "outputs/a", "outputs/ab/", "outputs/b/", "inputs/a", "/", "a/"])(
    "are not listed by the prefix %j, which others' begin with",
    async (prefix) => {
      const { manager, refusal } = shared();
      expect(await refusal(listed(manager.forTenant("a"), prefix))).toMatch(/REFERENCE_DENIED|INVALID_PATH/);
    },
  );

  it("are not what only reads like a path", async () => {
    const { manager, refusal } = shared();
    const tenant = manager.forTenant("a");
    let times = 0;
    const changing = { toString: () => (times++ < 2 ? "outputs/a/x" : "outputs/b/x") };
    for (const path of [["outputs/a/x"], changing, undefined, null, 7]) {
      expect(await refusal(tenant.readBlob(path as string))).toBe("INVALID_PATH");
      expect(await refusal(listed(tenant, path as string))).toBe("INVALID_PATH");
    }
  });

  it("go with their scope, and leave those of others", async () => {
    const { store, manager, refusal } = shared();
    const [a, b] = [manager.forTenant("a"), manager.forTenant("b")];
    for (const tenant of [a, b]) await tenant.dehydrate(longText("x"), { scope: "run/1" });
    expect(await refusal(a.release("../b"))).toBe("INVALID_PATH");
    expect(await refusal(a.release(""))).toBe("INVALID_PATH");
    expect(await a.release("b")).toEqual({ deleted: 0 });
    expect(await a.release("run")).toEqual({ deleted: 1 });
    expect(await pathsOf(store)).toEqual([expect.stringMatching(/^outputs\/b\/run\/1\//)]);
  });

  it("are encrypted again below its prefixes, and nowhere else", async () => {
    const keys = { old: Buffer.alloc(32, 1), new: Buffer.alloc(32, 2) };
    const inner = new MemoryStore();
    const before = shared({ codecs: [aes256gcm({ keys, activeKeyId: "old" })] }, inner).manager;
    const sent = new Map<string, unknown>();
    for (const name of ["a", "b"]) sent.set(name, await before.forTenant(name).dehydrate(longText("x")));
    const { manager, refusal } = shared({ codecs: [aes256gcm({ keys, activeKeyId: "new" })] }, inner);
    const tenant = manager.forTenant("a");
    for (const prefix of ["", "outputs/", "outputs/a", "outputs/b/"]) {
      expect(await refusal(tenant.reencrypt(prefix))).toBe("REFERENCE_DENIED");
    }
    expect(await tenant.reencrypt("outputs/a/")).toMatchObject({ reencrypted: 1 });
    const onlyNew = shared({ codecs: [aes256gcm({ keys: { new: keys.new }, activeKeyId: "new" })] }, inner).manager;
    expect(await onlyNew.forTenant("a").hydrate(sent.get("a"))).toBe(longText("x"));
    expect((await failureOf(onlyNew.forTenant("b").hydrate(sent.get("b")))).code).toBe("DECODE_FAILED");
    expect((await failureOf(onlyNew.forTenant("a").hydrate(sent.get("b")))).code).toBe("REFERENCE_DENIED");
  });

  it("are told of as refused", async () => {
    const events: StorageEvent[] = [];
    const manager = new StorageManager({ store: new MemoryStore(), observer: (event) => void events.push(event) });
    const tenant = manager.forTenant("a");
    await failureOf(tenant.writeBlob("outputs/b/x", ""));
    await failureOf(listed(tenant, "outputs/"));
    expect(events.map(({ operation, code }) => [operation, code])).toEqual([
      ["write", "REFERENCE_DENIED"],
      ["list", "REFERENCE_DENIED"],
    ]);
  });
});

describe("A payload of a tenant", () => {
  it.each(["outputs", "outputs/b", "outputs/ab", "elsewhere", "inputs"])(
    "does not go below the prefix %s",
    async (prefix) => {
      const { manager, refusal } = shared();
      const tenant = manager.forTenant("a");
      for (const call of [
        () => tenant.dehydrate(longText("x"), { prefix }),
        () => tenant.dehydrate(1, { prefix }),
        () => tenant.dehydrateInputs(longText("x"), { prefix }),
      ]) {
        expect(await refusal(call())).toBe("CONFIG_INVALID");
      }
      expect(thrownBy(() => tenant.plan(longText("x"), { prefix }))).toMatchObject({ code: "CONFIG_INVALID" });
    },
  );

  it("may go below its own, and no scope leads out", async () => {
    const { store, manager, refusal } = shared();
    const tenant = manager.forTenant("a");
    await tenant.dehydrate(longText("x"), { prefix: "inputs/a/special", scope: "s" });
    expect(await pathsOf(store)).toEqual([expect.stringMatching(/^inputs\/a\/special\/s\//)]);
    for (const scope of ["..", "../b", "s/../../b", "/b"]) {
      expect(await refusal(tenant.dehydrate(longText("x"), { scope }))).toBe("CONFIG_INVALID");
    }
  });

  it("stays there in the dialect bubustack, whatever its keys", async () => {
    const keys = fc.string({
      unit: fc.constantFrom(".", "..", "/", "\\", "%2e", "b", "é"),
      minLength: 1,
      maxLength: 4,
    });
    let written = 0;
    const property = fc.asyncProperty(fc.dictionary(keys, fc.constant(longText("x"))), async (value) => {
      const { store, manager } = shared({ dialect: "bubustack" });
      // Some keys make no path.
      await manager
        .forTenant("a")
        .dehydrate(value, { scope: "s" })
        .catch(() => undefined);
      for (const path of store.paths("write")) expect(path).toMatch(/^outputs\/a\/s\/[^/]+$/);
      written += store.paths("write").length;
    });
    await fc.assert(property, { numRuns: 50 });
    expect(written).toBeGreaterThan(0);
  });
});
