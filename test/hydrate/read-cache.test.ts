import type { StorageEvent } from "../../src/index.js";
import { EntryCache } from "../../src/hydrate/reads/entry-cache.js";
import { entryBytes } from "../../src/hydrate/entry-bytes.js";
import { StorageManager } from "../../src/manager/storage-manager.js";
import { RoutingStore } from "../../src/store/compose/routing/routing-store.js";
import { MemoryStore } from "../../src/store/drivers/memory-store.js";
import type { Store } from "../../src/store/store.js";
import { failureOf as thrownBy } from "../plan/failure.js";
import { failureOf } from "../support/failure.js";
import { HeldStore } from "../support/held-store.js";
import { putJsonPack, putPack } from "../support/packed.js";
import { longText } from "../support/payloads.js";
import { RecordingStore } from "../support/recording-store.js";
import { put, putJson, storedJson } from "../support/stored.js";

const MiB = 1024 * 1024;

function cached(store: Store = new MemoryStore(), options: object = {}) {
  const events: StorageEvent[] = [];
  const recorded = new RecordingStore(store);
  const manager = new StorageManager({
    store: recorded,
    readCache: { maxBytes: MiB },
    observer: (event) => void events.push(event),
    ...options,
  });
  /** The cache events since the last time. */
  const told = () =>
    events.splice(0).flatMap(({ operation, entries, bytes, during, stepRunId }) => {
      return operation.startsWith("cache") ? [{ operation, entries, bytes, during, stepRunId }] : [];
    });
  return { store: recorded, manager, told };
}

describe("readCache", () => {
  it("saves reads of entries that were read before, in packs too, and gives each place its own value", async () => {
    const { store, manager, told } = cached();
    const packed = await putJsonPack(store.inner, [{ a: [1] }, { b: [2] }]);
    const image = await put(store.inner, Buffer.from("bytes"), { contentType: "image/png" });
    type Hydrated = [{ a: number[] }, { b: number[] }, Uint8Array];
    const value = [...packed, image];
    const first = await manager.hydrate<Hydrated>(value, { stepRunId: "step" });
    const size = value.reduce((sum, { $storageSize }) => sum + $storageSize, 0);
    const during = "hydrate";
    expect(told()).toEqual([{ operation: "cache_miss", entries: 3, bytes: 0, during, stepRunId: "step" }]);
    first[0].a.push(9);
    first[2].fill(0);
    store.calls.length = 0;
    for (let i = 0; i < 2; i++) {
      const again = await manager.hydrate<Hydrated>(value);
      expect(again).toEqual([{ a: [1] }, { b: [2] }, new Uint8Array(Buffer.from("bytes"))]);
      expect(told()).toEqual([{ operation: "cache_hit", entries: 3, bytes: size, during, stepRunId: undefined }]);
      again[2].fill(0);
      again[1].b.push(9);
    }
    expect(store.calls).toEqual([]);
  });

  it("reads what it has not, and counts what it has in the budgets all the same", async () => {
    const { store, manager, told } = cached();
    const [a, b] = await putJsonPack(store.inner, [longText("a"), longText("b")]);
    await manager.hydrate(a);
    store.calls.length = 0;
    told();
    await expect(manager.hydrate([a, b, a])).resolves.toEqual([longText("a"), longText("b"), longText("a")]);
    expect(told().map(({ operation, entries }) => [operation, entries])).toEqual([
      ["cache_hit", 1],
      ["cache_miss", 1],
    ]);
    const reads = store.calls.filter(({ operation }) => operation === "read");
    expect(reads.map(({ options }) => options.offset)).toEqual([b!.$storageOffset]);
    const maxBytes = 3 * a!.$storageSize - 1;
    expect((await failureOf(manager.hydrate([a, b, a], { maxBytes }))).code).toBe("BUDGET_EXCEEDED");
  });

  it("gives nobody what they may not read, though they know its digest", async () => {
    const { store, manager } = cached();
    const secret = await putJson(store.inner, "secret", "secrets/a.json");
    await expect(manager.hydrate(secret, { allow: ["secrets"] })).resolves.toBe("secret");
    expect((await failureOf(manager.hydrate(secret))).code).toBe("REFERENCE_DENIED");
    const forged = { ...secret, $storageRef: "outputs/s/a.json" };
    expect((await failureOf(manager.hydrate(forged))).code).toBe("NOT_FOUND");
    await putJson(store.inner, "public", "outputs/s/a.json");
    expect((await failureOf(manager.hydrate(forged))).code).toBe("INTEGRITY");
    await expect(manager.hydrate(secret, { allow: ["secrets"] })).resolves.toBe("secret");
  });

  it("knows one container from another, and one part from another", async () => {
    const stores = new Map([
      ["a", new MemoryStore()],
      ["b", new MemoryStore()],
    ]);
    const primary = new RecordingStore();
    const store = new RoutingStore({
      primary,
      schemes: { mem: ({ container }) => stores.get(container)! },
    });
    const manager = new StorageManager({ store, readCache: { maxBytes: MiB }, allow: ["mem://a", "mem://b"] });
    const reference = await putJson(stores.get("a")!, "a", "x/a.json");
    const at = (container: string) => ({ ...reference, $storageRef: `mem://${container}/x/a.json` });
    await expect(manager.hydrate(at("a"))).resolves.toBe("a");
    expect((await failureOf(manager.hydrate(at("b")))).code).toBe("NOT_FOUND");
    const [part] = await putJsonPack(primary, ["part", "other"]);
    await expect(manager.hydrate(part)).resolves.toBe("part");
    expect((await failureOf(manager.hydrate({ ...part, $storageOffset: 1 }))).code).toBe("INTEGRITY");
    await expect(manager.hydrate([at("a"), part])).resolves.toEqual(["a", "part"]);
    expect(primary.paths("read")).toHaveLength(2);
  });

  it("keeps nothing that is not what its reference says, nor anything without a digest", async () => {
    const { store, manager } = cached();
    const reference = await putJson(store.inner, "right");
    await store.inner.write(reference.$storageRef, storedJson("wrong"));
    expect((await failureOf(manager.hydrate(reference))).code).toBe("INTEGRITY");
    await store.inner.write(reference.$storageRef, storedJson("right"));
    await expect(manager.hydrate(reference)).resolves.toBe("right");
    await store.inner.write("outputs/s/b.json", storedJson(1));
    await expect(manager.hydrate({ $bubuStorageRef: "outputs/s/b.json" })).resolves.toBe(1);
    await store.inner.write("outputs/s/b.json", storedJson(2));
    await expect(manager.hydrate({ $bubuStorageRef: "outputs/s/b.json" })).resolves.toBe(2);
  });

  it("forgets what this manager deletes, releases and overwrites, and no more", async () => {
    const { store, manager } = cached();
    const keep = await putJson(store.inner, "keep", "outputs/other/a.json");
    await manager.hydrate(keep);
    const reference = await putJson(store.inner, "a");
    const changes: (() => Promise<unknown>)[] = [
      () => manager.delete(reference.$storageRef),
      () => manager.release("s"),
      () => manager.writeBlob(reference.$storageRef, "other"),
    ];
    for (const change of changes) {
      await putJson(store.inner, "a");
      await manager.hydrate(reference);
      await change();
      expect(["NOT_FOUND", "INTEGRITY"]).toContain((await failureOf(manager.hydrate(reference))).code);
    }
    store.calls.length = 0;
    await expect(manager.hydrate(keep)).resolves.toBe("keep");
    expect(store.calls).toEqual([]);
    expect((await failureOf(manager.delete("../a"))).code).toBe("INVALID_PATH");
    expect((await failureOf(manager.delete(7 as never))).code).toBe("INVALID_PATH");
  });

  it("keeps nothing that was read before it was deleted, and came after", async () => {
    const inner = new MemoryStore();
    const reference = await putJson(inner, "a");
    const held = new HeldStore(["chunk"], inner);
    const { manager } = cached(held);
    const call = manager.hydrate(reference);
    await held.until(1);
    await manager.delete(reference.$storageRef);
    held.held[0]!.release();
    await held.until(2);
    held.held[1]!.release();
    await expect(call).resolves.toBe("a");
    expect((await failureOf(manager.hydrate(reference))).code).toBe("NOT_FOUND");
  });

  it("may give what somebody else has deleted, until it forgets it", async () => {
    const { store, manager } = cached();
    const reference = await putJson(store.inner, "a");
    await manager.hydrate(reference);
    await store.inner.delete(reference.$storageRef);
    await expect(manager.hydrate(reference)).resolves.toBe("a");
    await manager.close();
    expect((await failureOf(manager.hydrate(reference))).code).toBe("NOT_FOUND");
  });

  it("keeps within its limits, those used last", async () => {
    const { store, manager } = cached(undefined, { readCache: { maxBytes: 10_000, maxEntrySize: 5000 } });
    const references = await Promise.all(["a", "b", "c"].map((name) => putJson(store.inner, longText(name, 3000))));
    const large = await putJson(store.inner, longText("large", 5000));
    for (const reference of [...references, references[1], large, large]) await manager.hydrate(reference);
    store.calls.length = 0;
    for (const reference of [references[1], references[2], references[0]]) await manager.hydrate(reference);
    expect(store.paths("read")).toEqual([references[0]!.$storageRef]);
  });

  it("is off unless it is asked for, and refuses limits that are none", async () => {
    const { store, manager, told } = cached(undefined, { readCache: undefined });
    const reference = await putJson(store.inner, "a");
    await manager.hydrate(reference);
    await manager.hydrate(reference);
    expect(store.paths("read")).toHaveLength(2);
    expect(told()).toEqual([]);
    for (const readCache of [{}, { maxBytes: 0 }, { maxBytes: 1, maxEntrySize: -1 }, 7, { maxBytes: 1, ttl: 1 }]) {
      expect(thrownBy(() => new StorageManager({ readCache: readCache as never })).code).toBe("CONFIG_INVALID");
    }
  });
});

describe("EntryCache", () => {
  it("holds bytes of its own, none of the buffer that an entry was read into", async () => {
    const store = new MemoryStore();
    const [small] = await putPack(store, [Buffer.from("abc"), Buffer.alloc(100_000)], { contentType: "a/b" });
    const pack = Buffer.from(await (await store.read(small!.$storageRef)).bytes());
    const reference = {
      dialect: "native" as const,
      location: { path: small!.$storageRef },
      digest: small!.$storageDigest,
      size: 3,
      offset: 0,
    };
    const cache = new EntryCache({ maxBytes: MiB });
    cache.set(reference, entryBytes(pack.subarray(0, 3)), cache.epoch);
    pack.fill(0);
    const { bytes } = cache.get(reference)!;
    expect(Buffer.from(bytes).toString()).toBe("abc");
    expect(bytes.buffer.byteLength).toBe(3);
  });

  it("holds entries of up to an eighth of all, unless it is told otherwise", () => {
    const entry = (size: number) => {
      const fetched = entryBytes(Buffer.alloc(size, "x"));
      const location = { path: `outputs/s/${size}` };
      return { reference: { dialect: "native" as const, location, digest: fetched.digest, size }, fetched };
    };
    const cache = new EntryCache({ maxBytes: 80_000 });
    for (const size of [10_000, 10_001]) {
      const { reference, fetched } = entry(size);
      cache.set(reference, fetched, cache.epoch);
      expect(cache.get(reference) !== undefined).toBe(size === 10_000);
    }
  });
});
