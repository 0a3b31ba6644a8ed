import fs from "node:fs/promises";
import { join } from "node:path";
import { FileStore } from "../../../../src/store/drivers/file/index.js";
import { pathsOf, textOf, treeOf, useDirectories } from "./file-roots.js";
import { storageError } from "../../storage-error.js";

const newDirectory = useDirectories();

afterEach(() => {
  jest.restoreAllMocks();
});

describe("a directory that vanishes under a writer", () => {
  it("is made again, through thousands of writes and deletes of its only files", async () => {
    const root = await newDirectory();
    // Two stores, as in two processes: they share nothing but the files.
    const stores = [new FileStore({ root, fsync: false }), new FileStore({ root, fsync: true })];
    const busy = stores.flatMap((store, s) =>
      [0, 1, 2].map(async (key) => {
        for (let i = 0; i < 400; i++) {
          const path = `a/b/c/${s}-${key}`;
          await store.write(path, `${i}`, i % 2 === 0 ? {} : { ifNoneMatch: "*" });
          expect(await textOf(store, path)).toBe(`${i}`);
          await store.delete(path);
        }
      }),
    );
    await Promise.all(busy);
    await stores[0]!.close();
    expect(await treeOf(root)).toEqual([]);
  }, 60_000);

  it.each([{}, { ifNoneMatch: "*" as const }])("between its making and the rename: %j", async (options) => {
    const root = await newDirectory();
    const store = new FileStore({ root });
    let vanished = 0;
    for (const name of ["rename", "link"] as const) {
      const original = fs[name];
      jest.spyOn(fs, name).mockImplementation(async (from, to) => {
        if (vanished++ < 5) await fs.rm(join(root, "a"), { recursive: true });
        return original(from, to);
      });
    }
    await store.write("a/b/x", "1", options);
    expect(vanished).toBe(6);
    expect(await textOf(store, "a/b/x")).toBe("1");
  });

  it("while it is being made", async () => {
    const root = await newDirectory();
    const store = new FileStore({ root });
    const mkdir = fs.mkdir;
    let vanished = 0;
    jest.spyOn(fs, "mkdir").mockImplementation(async (directory, options) => {
      if (String(directory) === join(root, "a/b") && vanished++ < 5) await fs.rm(join(root, "a"), { recursive: true });
      return mkdir(directory, options);
    });
    await store.write("a/b/x", "1");
    expect(vanished).toBe(6);
    expect(await textOf(store, "a/b/x")).toBe("1");
  });

  it("does not keep a writer for ever", async () => {
    const store = new FileStore({ root: await newDirectory() });
    jest.spyOn(fs, "rename").mockRejectedValue(Object.assign(new Error(), { code: "ENOENT" }));
    await expect(store.write("a/x", "1")).rejects.toThrow(storageError({ operation: "write", path: "a/x" }));
  });
});

describe("writes if absent", () => {
  it("at once: one wins, and no other is seen", async () => {
    const root = await newDirectory();
    const stores = [new FileStore({ root, fsync: false }), new FileStore({ root, fsync: false })];
    for (let round = 0; round < 5; round++) {
      const path = `round/${round}`;
      const writes = Array.from({ length: 100 }, (_, i) => stores[i % 2]!.write(path, `${i}`, { ifNoneMatch: "*" }));
      const results = await Promise.allSettled(writes);
      const winner = results.findIndex(({ status }) => status === "fulfilled");
      const losers = results.filter((result) => result.status === "rejected").map(({ reason }): unknown => reason);
      expect(losers).toHaveLength(99);
      const lost = storageError({ code: "ALREADY_EXISTS", operation: "write", store: "file", path });
      for (const error of losers) expect(error).toEqual(lost);
      expect(await textOf(stores[0]!, path)).toBe(`${winner}`);
    }
    expect(await treeOf(join(root, "%tmp"))).toEqual([]);
  });

  it("spares the upload when the object is there", async () => {
    const store = new FileStore({ root: await newDirectory() });
    await store.write("x", "1");
    const untouched: AsyncIterable<Uint8Array> = {
      [Symbol.asyncIterator]: () => {
        throw new Error("begun");
      },
    };
    const written = store.write("x", untouched, { ifNoneMatch: "*" });
    await expect(written).rejects.toThrow(storageError({ code: "ALREADY_EXISTS", operation: "write", path: "x" }));
  });

  it("writes where the object was deleted just after it was found", async () => {
    const store = new FileStore({ root: await newDirectory() });
    jest.spyOn(fs, "link").mockRejectedValueOnce(Object.assign(new Error(), { code: "EEXIST" }));
    await store.write("x", "1", { ifNoneMatch: "*" });
    expect(await textOf(store, "x")).toBe("1");
  });
});

describe("readers beside a writer", () => {
  it("see the old object or the new one, whole", async () => {
    const store = new FileStore({ root: await newDirectory(), fsync: false });
    const bodies = ["a", "b"].map((letter) => Buffer.alloc(600_000, letter));
    await store.write("x", bodies[0]!);
    let writing = true;
    const read = async (): Promise<void> => {
      while (writing) {
        const bytes = Buffer.from(await (await store.read("x")).bytes());
        expect(bodies.some((body) => body.equals(bytes))).toBe(true);
        expect(await pathsOf(store)).toEqual(["x"]);
      }
    };
    const readers = [read(), read()];
    for (let i = 1; i <= 60; i++) await store.write("x", bodies[i % 2]!);
    writing = false;
    await Promise.all(readers);
  });
});
