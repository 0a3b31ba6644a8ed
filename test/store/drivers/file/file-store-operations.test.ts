import fs, { mkdir, readdir, rm, stat, symlink, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { FileStore, type FileStoreOptions } from "../../../../src/store/drivers/file/index.js";
import { pathsOf, textOf, treeOf, useDirectories } from "./file-roots.js";
import { storageError } from "../../storage-error.js";

const newDirectory = useDirectories();

async function newStore(): Promise<{ root: string; store: FileStore }> {
  const root = await newDirectory();
  return { root, store: new FileStore({ root, fsync: false }) };
}

describe("options of FileStore", () => {
  it.each([
    [{}, "root: "],
    [{ root: 1 }, "root: "],
    [{ root: "" }, "root: must not be empty"],
    [{ root: "a\0b" }, "root: must not hold a NUL character"],
    [{ root: "file:///srv/payloads" }, "root: must be a path and not a URL"],
    [{ root: "s3://bucket/prefix" }, "root: must be a path and not a URL"],
    [{ root: "a", fsync: "yes" }, "fsync: "],
    [{ root: "a", caseInsensitive: 1 }, "caseInsensitive: "],
    [{ root: "a", sync: true }, '"sync"'],
    [undefined, "options: "],
    ["root", "options: "],
  ])("refuses %j", (options, problem) => {
    expect(() => new FileStore(options as unknown as FileStoreOptions)).toThrow(
      storageError({ code: "CONFIG_INVALID", message: expect.stringContaining(problem) }),
    );
  });

  it.each(["C:\\data", "c:/data", "\\\\server\\share"])("takes %s on Windows only", (root) => {
    const own = Object.getOwnPropertyDescriptor(process, "platform")!;
    const on = (value: string) => () => {
      Object.defineProperty(process, "platform", { ...own, value });
      try {
        return new FileStore({ root });
      } finally {
        Object.defineProperty(process, "platform", own);
      }
    };
    expect(on("win32")).not.toThrow();
    expect(on("linux")).toThrow(/root: must be a path of this system, and is one of Windows/);
    expect(on("darwin")).toThrow(storageError({ code: "CONFIG_INVALID" }));
  });

  it("names each field that is wrong", () => {
    const options = { root: 1, fsync: 2 } as unknown as FileStoreOptions;
    expect(() => new FileStore(options)).toThrow(/root: .*; fsync: /);
  });

  it("takes a relative root", async () => {
    const directory = await newDirectory();
    const store = new FileStore({ root: relative(process.cwd(), join(directory, "here")) });
    await store.write("x.json", "{}");
    expect(await treeOf(directory)).toEqual(["here", "here/%tmp", "here/x.json"]);
  });
});

describe("the root of FileStore", () => {
  it("is an empty store while it is missing, which nothing but a write makes", async () => {
    const directory = await newDirectory();
    const store = new FileStore({ root: join(directory, "a/b") });
    expect(await store.stat("x")).toBeUndefined();
    expect(await pathsOf(store)).toEqual([]);
    await store.delete("x");
    await expect(store.read("x")).rejects.toThrow(storageError({ code: "NOT_FOUND" }));
    await expect(store.copy("x", "y")).rejects.toThrow(storageError({ code: "NOT_FOUND" }));
    await store.close();
    expect(await treeOf(directory)).toEqual([]);
    await store.write("x", "1");
    expect(await textOf(store, "x")).toBe("1");
  });

  it("is made again when it was removed", async () => {
    const { root, store } = await newStore();
    await store.write("a/x", "1");
    await rm(root, { recursive: true });
    expect(await pathsOf(store)).toEqual([]);
    expect(await store.stat("a/x")).toBeUndefined();
    await store.write("a/x", "2");
    expect(await textOf(store, "a/x")).toBe("2");
  });

  it.each(["file", "file/below", "loop", "nowhere"])(
    "is CONTAINER_NOT_FOUND when it is no directory: %s",
    async (name) => {
      const directory = await newDirectory();
      await writeFile(join(directory, "file"), "");
      await symlink("loop", join(directory, "loop"));
      await symlink("missing/missing", join(directory, "nowhere"));
      const store = new FileStore({ root: join(directory, name) });
      const error = storageError({ code: "CONTAINER_NOT_FOUND", operation: "write", store: "file", path: "x" });
      await expect(store.write("x", "1")).rejects.toThrow(error);
      await store.close();
      expect(await readdir(directory)).toHaveLength(3);
    },
  );

  it.each(["file", "file/below", "loop"])("can't be read when it is no directory: %s", async (name) => {
    const directory = await newDirectory();
    await writeFile(join(directory, "file"), "");
    await symlink("loop", join(directory, "loop"));
    const store = new FileStore({ root: join(directory, name) });
    const error = storageError({ code: "CONTAINER_NOT_FOUND" });
    await expect(store.read("x")).rejects.toThrow(error);
    await expect(store.stat("x")).rejects.toThrow(error);
    await expect(store.delete("x")).rejects.toThrow(error);
    await expect(pathsOf(store)).rejects.toThrow(error);
  });

  it("may be a symbolic link", async () => {
    const directory = await newDirectory();
    await mkdir(join(directory, "real"));
    await symlink("real", join(directory, "link"));
    const store = new FileStore({ root: join(directory, "link") });
    await store.write("a/x.json", "1");
    expect(await textOf(store, "a/x.json")).toBe("1");
    expect(await pathsOf(store)).toEqual(["a/x.json"]);
    expect(await treeOf(join(directory, "real"))).toEqual(["%tmp", "a", "a/x.json"]);
  });
});

describe("FileStore", () => {
  it("removes the directories that a delete empties, up to the root", async () => {
    const { root, store } = await newStore();
    await store.write("a/b/c/x", "1");
    await store.write("a/y", "1");
    await store.delete("a/b/c/x");
    await store.close();
    expect(await treeOf(root)).toEqual(["a", "a/y%file"]);
    await store.delete("a/y");
    expect(await treeOf(root)).toEqual([]);
  });

  it("closes more than once, and works on", async () => {
    const { root, store } = await newStore();
    await store.write("x.json", "1");
    await store.close();
    await store.close();
    await store[Symbol.asyncDispose]();
    expect(await treeOf(root)).toEqual(["x.json"]);
    await store.write("y.json", "2");
    expect(await pathsOf(store)).toEqual(["x.json", "y.json"]);
  });

  it("tells versions apart by their etag, however fast they come", async () => {
    const { store } = await newStore();
    const etags = new Set<string | undefined>();
    for (let i = 0; i < 200; i++) etags.add((await store.write("x", String(i % 10))).etag);
    expect(etags.size).toBe(200);
  });

  it("dates objects at the time of their write", async () => {
    const { root, store } = await newStore();
    const before = Date.now();
    const { lastModified } = await store.write("x.json", "1");
    expect(lastModified!.getTime()).toBeGreaterThanOrEqual(before);
    expect(lastModified!.getTime()).toBeLessThanOrEqual(Date.now() + 1);
    expect(Math.floor((await stat(join(root, "x.json"))).mtimeMs)).toBe(lastModified!.getTime());
  });

  it("goes on reading the version that it began with", async () => {
    const { store } = await newStore();
    const old = Buffer.alloc(2_000_000, "old");
    await store.write("x", old);
    const result = await store.read("x");
    await store.write("x", "new");
    const chunks = result[Symbol.asyncIterator]();
    const first = await chunks.next();
    await store.delete("x");
    const rest: Uint8Array[] = [first.value as Uint8Array];
    for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) rest.push(next.value);
    expect(Buffer.concat(rest).equals(old)).toBe(true);
  });

  it("reads large objects in chunks, not all into memory", async () => {
    const { store } = await newStore();
    await store.write("x", Buffer.alloc(1_000_000));
    const sizes: number[] = [];
    for await (const chunk of await store.read("x", { offset: 1 })) sizes.push(chunk.byteLength);
    expect(sizes).toEqual([262_144, 262_144, 262_144, 213_567]);
  });

  it("copies over an object, and an object over itself", async () => {
    const { store } = await newStore();
    await store.write("a", "1");
    await store.write("b", "2");
    await store.copy("a", "b");
    await store.copy("b", "b");
    expect(await textOf(store, "b")).toBe("1");
    expect(await pathsOf(store)).toEqual(["a", "b"]);
  });

  it("reads one directory at a time, and only those that can hold something of the listing", async () => {
    const { root, store } = await newStore();
    for (const path of ["a/1", "a/2", "ab/1", "b/c/1", "b/cd/1", "b/e/1", "c/1"]) await store.write(path, "1");
    const read = jest.spyOn(fs, "readdir");
    const directories = (): string[] => read.mock.calls.map(([directory]) => relative(root, String(directory)));
    try {
      expect(await pathsOf(store, "b/c")).toEqual(["b/c/1", "b/cd/1"]);
      expect(directories()).toEqual(["b", "b/c", "b/cd"]);
      read.mockClear();
      const late: string[] = [];
      for await (const { path } of store.list("", { startAfter: "b/cd" })) late.push(path);
      expect(late).toEqual(["b/cd/1", "b/e/1", "c/1"]);
      expect(directories()).toEqual(["", "b", "b/cd", "b/e", "c"]);
      read.mockClear();
      for await (const { path } of store.list("", { limit: 2 })) expect(path).toMatch(/^a\//);
      expect(directories()).toEqual(["", "a"]);
    } finally {
      read.mockRestore();
    }
  });

  it("leaves out of a listing what vanishes meanwhile", async () => {
    const { root, store } = await newStore();
    for (let i = 100; i < 200; i++) await store.write(`a/${i}`, "1");
    await store.write("b/1", "1");
    const seen: string[] = [];
    for await (const { path } of store.list("")) {
      if (seen.push(path) === 1) await rm(join(root, "a"), { recursive: true });
    }
    expect(seen.at(-1)).toBe("b/1");
    expect(seen.length).toBeLessThan(101);
  });

  it.each([
    ["a directory is where the file should be", "x.json/y", "x.json"],
    ["a file is where a directory should be", "a", "a/x.json"],
  ])("does not touch foreign files: %s", async (_, foreign, path) => {
    const { root, store } = await newStore();
    await mkdir(join(root, foreign, ".."), { recursive: true });
    await writeFile(join(root, foreign), "foreign");
    for (const options of [{}, { ifNoneMatch: "*" as const }]) {
      await expect(store.write(path, "1", options)).rejects.toThrow(
        storageError({ code: "UNEXPECTED", operation: "write", path }),
      );
    }
    expect(await store.stat(path)).toBeUndefined();
    await expect(store.read(path)).rejects.toThrow(storageError({ code: "NOT_FOUND" }));
    await expect(store.copy(path, "z")).rejects.toThrow(storageError({ code: "NOT_FOUND" }));
    await store.delete(path);
    await store.close();
    expect(await pathsOf(store)).toEqual([]);
    expect(await readdir(root)).toHaveLength(1);
  });
});

describe("a body of FileStore", () => {
  it.each([0, 1, 2, 3])("that is cancelled while it is read is not taken for whole: after %i turns", async (turns) => {
    const { store } = await newStore();
    await store.write("x", new Uint8Array(8 * 1024 * 1024));
    const result = await store.read("x");
    const outcome = result.bytes().then(
      ({ byteLength }) => byteLength,
      (error: unknown) => error,
    );
    for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
    await result.cancel();
    expect(await outcome).toEqual(storageError({ code: "UNEXPECTED", operation: "read", path: "x" }));
  });
});
