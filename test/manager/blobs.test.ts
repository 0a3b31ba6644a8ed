import { StorageManager } from "../../src/manager/storage-manager.js";
import { MemoryStore } from "../../src/store/drivers/memory-store.js";
import type { ObjectInfo } from "../../src/store/store.js";
import { failureOf } from "../support/failure.js";
import { RecordingStore } from "../support/recording-store.js";

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

async function* chunks() {
  yield await Promise.resolve(Buffer.from("in "));
  yield Buffer.from("parts");
}

describe("blobs", () => {
  it("are written and read at the user's own paths", async () => {
    const store = new MemoryStore();
    const manager = new StorageManager({ store });
    const metadata = { owner: "me" };
    const info = await manager.writeBlob("reports/1.pdf", "text", { contentType: "application/pdf", metadata });
    expect(info).toMatchObject({ path: "reports/1.pdf", size: 4, contentType: "application/pdf", metadata });
    expect(Buffer.from(await manager.readBlob("reports/1.pdf")).toString()).toBe("text");
    await manager.writeBlob("reports/2", Uint8Array.of(1, 2));
    expect(await manager.readBlob("reports/2")).toEqual(Uint8Array.of(1, 2));
    await manager.writeBlob("reports/3", chunks());
    expect(Buffer.from(await manager.readBlob("reports/3")).toString()).toBe("in parts");
    expect(Buffer.from(await manager.readBlob("reports/3", { offset: 3, length: 4 })).toString()).toBe("part");
  });

  it("can be written only if they are not there, or unchanged", async () => {
    const manager = new StorageManager({ store: new MemoryStore() });
    const { etag } = await manager.writeBlob("a", "1", { ifNoneMatch: "*" });
    expect((await failureOf(manager.writeBlob("a", "2", { ifNoneMatch: "*" }))).code).toBe("ALREADY_EXISTS");
    await manager.writeBlob("a", "3", { ifMatch: etag });
    expect((await failureOf(manager.writeBlob("a", "4", { ifMatch: etag }))).code).toBe("PRECONDITION_FAILED");
  });

  it("are listed by prefix and deleted", async () => {
    const manager = new StorageManager({ store: new MemoryStore() });
    for (const path of ["b/2", "a/1", "b/1", "b"]) await manager.writeBlob(path, path);
    const paths = async (...args: Parameters<StorageManager["list"]>) =>
      (await collect<ObjectInfo>(manager.list(...args))).map(({ path }) => path);
    expect(await paths("")).toEqual(["a/1", "b", "b/1", "b/2"]);
    expect(await paths("b/")).toEqual(["b/1", "b/2"]);
    expect(await paths("", { startAfter: "b", limit: 1 })).toEqual(["b/1"]);
    await manager.delete("b/1");
    await manager.delete("b/1");
    expect(await paths("b")).toEqual(["b", "b/2"]);
    expect((await failureOf(manager.readBlob("b/1"))).code).toBe("NOT_FOUND");
  });

  it.each(["", "/a", "a/../b", "a//b", String.raw`a\b`, "a\0", "\ud800", "a".repeat(1025)])(
    "refuse the path %j without I/O",
    async (path) => {
      const store = new MemoryStore();
      await store.write("a", "kept");
      const manager = new StorageManager({ store });
      for (const call of [manager.writeBlob(path, "x"), manager.readBlob(path), manager.delete(path)].map(failureOf)) {
        expect((await call).code).toBe("INVALID_PATH");
      }
      expect(await collect(manager.list(""))).toMatchObject([{ path: "a", size: 4 }]);
    },
  );

  it.each([undefined, null, 7, {}, ["text"]])("refuse the body %j", async (body) => {
    const manager = new StorageManager({ store: new MemoryStore() });
    expect((await failureOf(manager.writeBlob("a", body as never))).code).toBe("CONFIG_INVALID");
  });

  it("give back a listing that the reader has had enough of", async () => {
    const store = new RecordingStore();
    const manager = new StorageManager({ store });
    for (const path of ["a", "b", "c"]) await manager.writeBlob(path, "");
    for await (const { path } of manager.list("")) {
      expect(path).toBe("a");
      break;
    }
    expect(store.paths("entry")).toHaveLength(1);
    expect(store.paths("return")).toHaveLength(1);
  });
});
