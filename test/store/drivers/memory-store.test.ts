import { MemoryStore } from "../../../src/store/drivers/memory-store.js";
import { storeConformance } from "../../../src/testing/index.js";
import { expectStoreMatchesModel } from "../store-model.js";

storeConformance({ describe, it }, { name: "MemoryStore", create: () => new MemoryStore(), manyObjects: 2500 });

describe("MemoryStore", () => {
  it("does what a Map does", async () => {
    await expectStoreMatchesModel(() => new MemoryStore());
  });

  it("supports everything but presign", async () => {
    const store = new MemoryStore();
    const { presign, ...others } = store.capability;
    expect(presign).toBe(false);
    expect(Object.values(others)).not.toContain(false);
    const url = store.presign("a", { method: "GET", expiresIn: 60 });
    await expect(url).rejects.toMatchObject({ code: "UNSUPPORTED", operation: "presign", path: "a" });
  });

  it("gives no two versions the same etag, in whatever store", async () => {
    const writes = ["one", "one", "two"].map((body) => new MemoryStore().write("a", body));
    const etags = (await Promise.all(writes)).map(({ etag }) => etag);
    expect(new Set(etags).size).toBe(3);
  });

  it("keeps apart what one store and another hold", async () => {
    const [one, other] = [new MemoryStore(), new MemoryStore()];
    await one.write("a", "content");
    expect(await other.stat("a")).toBeUndefined();
  });

  it("takes a source that uses one buffer for all its chunks", async () => {
    const store = new MemoryStore();
    const buffer = Buffer.alloc(2);
    async function* source(): AsyncGenerator<Uint8Array, void, undefined> {
      for (const text of ["ab", "cd", "ef"]) {
        buffer.write(text);
        yield await Promise.resolve(buffer);
      }
    }
    await store.write("a", source());
    expect(Buffer.from(await (await store.read("a")).bytes()).toString()).toBe("abcdef");
  });

  it("takes the bytes as they are at the call", async () => {
    const store = new MemoryStore();
    const bytes = Buffer.from("content");
    const metadata = { owner: "before" };
    const write = store.write("a", bytes, { metadata });
    bytes.fill(0);
    metadata.owner = "after";
    expect((await write).metadata).toEqual({ owner: "before" });
    expect(Buffer.from(await (await store.read("a")).bytes()).toString()).toBe("content");
  });

  it("reads on from a version that was replaced or deleted meanwhile", async () => {
    const store = new MemoryStore();
    await store.write("a", "content");
    const result = await store.read("a");
    await store.delete("a");
    expect(Buffer.from(await result.bytes()).toString()).toBe("content");
  });

  it("keeps its objects when it is closed", async () => {
    const store = new MemoryStore();
    await store.write("a", "content");
    await store.close();
    expect((await store.stat("a"))?.size).toBe(7);
  });
});
