import { StorageManager } from "../../src/manager/storage-manager.js";
import type { StorageReference } from "../../src/reference/reference.js";
import { MemoryStore } from "../../src/store/drivers/memory-store.js";
import { failureOf } from "../support/failure.js";
import { RecordingStore } from "../support/recording-store.js";
import { putJson, referenceTo, storedJson } from "../support/stored.js";

describe("parts of an object", () => {
  it("are read by offset and size, with one read of the object they share", async () => {
    const store = new RecordingStore();
    const [a, b, c] = [storedJson("first"), storedJson({ second: [2] }), Buffer.from("third")];
    const pack = Buffer.concat([a, b, c]);
    const path = "outputs/s/pack.pack";
    await store.inner.write(path, pack);
    const entry = (bytes: Buffer, offset: number, contentType?: string) => ({
      ...referenceTo(path, bytes, contentType),
      $storageOffset: offset,
    });
    const value = [entry(a, 0), entry(b, a.length), entry(c, a.length + b.length, "image/png"), entry(b, a.length)];
    const hydrated = await new StorageManager({ store }).hydrate(value);
    const second = { second: [2] };
    expect(hydrated).toEqual(["first", second, new Uint8Array(c), second]);
    const ranges = store.calls.filter(({ operation }) => operation === "read").map(({ options }) => options);
    expect(ranges.map(({ offset, length }) => [offset, length])).toEqual([[0, pack.length]]);
  });

  it("are INTEGRITY errors where they are other parts than the reference says", async () => {
    const store = new MemoryStore();
    const [a, b] = [storedJson("first"), storedJson("other")];
    await store.write("outputs/s/pack.pack", Buffer.concat([a, b]));
    const manager = new StorageManager({ store });
    const reference = referenceTo("outputs/s/pack.pack", a);
    for (const offset of [1, a.length, a.length + 5, 10_000]) {
      expect((await failureOf(manager.hydrate({ ...reference, $storageOffset: offset }))).code).toBe("INTEGRITY");
    }
  });

  it("are no cycle when they lie in the same object as what refers to them", async () => {
    const store = new MemoryStore();
    const path = "outputs/s/pack.pack";
    const a = storedJson("inside");
    const inside: StorageReference = { ...referenceTo(path, a), $storageOffset: 0 };
    const b = storedJson({ inside });
    await store.write(path, Buffer.concat([a, b]));
    const outer = { ...referenceTo(path, b), $storageOffset: a.length };
    await expect(new StorageManager({ store }).hydrate(outer)).resolves.toEqual({ inside: "inside" });
  });
});

describe("$storagePath", () => {
  it("selects a part once the object is hydrated", async () => {
    const store = new MemoryStore();
    const name = await putJson(store, { first: "Ada", last: "Lovelace" });
    const object = await putJson(store, { items: [{ id: 1, name }, { id: 2 }], "a.b": [true] });
    const manager = new StorageManager({ store });
    const select = (path: string) => manager.hydrate({ ...object, $storagePath: path });
    await expect(select("items[*].id")).resolves.toEqual([1, 2]);
    await expect(select(".items[0].name.first")).resolves.toBe("Ada");
    await expect(select("items[*].name")).resolves.toEqual([{ first: "Ada", last: "Lovelace" }, null]);
    await expect(select('["a.b"][0]')).resolves.toBe(true);
    await expect(select("")).resolves.toHaveProperty(["a.b"], [true]);
  });

  it("selects in objects that are themselves selected from", async () => {
    const store = new MemoryStore();
    const inner = await putJson(store, { deep: { deeper: 7 } });
    const outer = await putJson(store, { inner: { ...inner, $storagePath: "deep" } });
    const manager = new StorageManager({ store });
    await expect(manager.hydrate({ ...outer, $storagePath: "inner.deeper" })).resolves.toBe(7);
  });

  it("gives places values of their own, also when they select the same part", async () => {
    const store = new MemoryStore();
    const part = { ...(await putJson(store, { list: [1] })), $storagePath: "list" };
    const [a, b] = await new StorageManager({ store }).hydrate<[number[], number[]]>([part, part]);
    a.push(2);
    expect(b).toEqual([1]);
  });

  it.each(["missing", "items[5]", "items.id", "items[0].id.x"])("fails where there is nothing at %s", async (path) => {
    const store = new MemoryStore();
    const object = await putJson(store, { items: [{ id: 1 }] });
    const error = await failureOf(new StorageManager({ store }).hydrate({ ...object, $storagePath: path }));
    expect(error.code).toBe("INVALID_REFERENCE");
  });

  it.each(["items[-1]", "items[", "a..b", "[x]"])("is refused without I/O when it is malformed: %s", async (path) => {
    const store = new RecordingStore();
    const object = { ...referenceTo("outputs/s/a.json", storedJson(1)), $storagePath: path };
    expect((await failureOf(new StorageManager({ store }).hydrate(object))).code).toBe("INVALID_REFERENCE");
    expect(store.calls).toEqual([]);
  });

  it("is no way to a prototype", async () => {
    const store = new MemoryStore();
    const object = await putJson(store, { a: {} });
    for (const path of ["constructor", "__proto__", "a.toString", "a.constructor.name"]) {
      const error = await failureOf(new StorageManager({ store }).hydrate({ ...object, $storagePath: path }));
      expect(error.code).toBe("INVALID_REFERENCE");
    }
  });
});
