import fs, { mkdir, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { FileStore } from "../../../../src/store/drivers/file/index.js";
import { openBelow, pathsOf, textOf, useDirectories } from "./file-roots.js";
import { storageError } from "../../storage-error.js";

const newDirectory = useDirectories();

describe("a root that is still to be made", () => {
  it("directly below a symbolic link, as /tmp is on macOS, takes every write", async () => {
    const directory = await newDirectory();
    await mkdir(join(directory, "private"));
    await symlink("private", join(directory, "tmp"));
    const store = new FileStore({ root: join(directory, "tmp/root") });
    await store.write("a/x.json", "1");
    await store.write("y.json", "2", { ifNoneMatch: "*" });
    await store.copy("a/x.json", "b/x.json");
    expect(await pathsOf(store)).toEqual(["a/x.json", "b/x.json", "y.json"]);
    expect(await readFile(join(directory, "private/root/a/x.json"), "utf8")).toBe("1");
  });

  it("several directories below one", async () => {
    const directory = await newDirectory();
    await mkdir(join(directory, "private"));
    await symlink(join(directory, "private"), join(directory, "tmp"));
    const store = new FileStore({ root: join(directory, "tmp/a/b/root") });
    await store.write("x.json", "1");
    expect(await textOf(store, "x.json")).toBe("1");
  });

  it("below a directory that can't be opened for reading, and so not be synced", async () => {
    const directory = await newDirectory();
    const parent = join(directory, "drop");
    await mkdir(parent);
    const open = fs.open;
    const denied = Object.assign(new Error("denied"), { code: "EACCES" });
    const spy = jest
      .spyOn(fs, "open")
      .mockImplementation(async (file, ...rest) => (file === parent ? Promise.reject(denied) : open(file, ...rest)));
    try {
      const store = new FileStore({ root: join(parent, "root") });
      await store.write("x.json", "1");
      expect(spy.mock.calls.map(([file]) => file)).toContain(parent);
      expect(await textOf(store, "x.json")).toBe("1");
    } finally {
      spy.mockRestore();
    }
  });
});

/** A store whose root is a link to `one`, beside which there is `two`. */
async function linkedRoot(): Promise<{ root: string; one: string; two: string; store: FileStore }> {
  const directory = await newDirectory();
  const [root, one, two] = [join(directory, "current"), join(directory, "one"), join(directory, "two")];
  await mkdir(one);
  await mkdir(two);
  await symlink("one", root);
  const store = new FileStore({ root, fsync: false });
  await store.write("a/x.json", "in one");
  await store.write("top.json", "in one");
  return { root, one, two, store };
}

async function point(root: string, target: string): Promise<void> {
  await symlink(target, `${root}.new`);
  await rename(`${root}.new`, root);
}

describe("a root that is a link which moves on", () => {
  it.each([
    ["while the old place stays", false],
    ["when the old place is gone", true],
  ])("%s: the calls that follow use the new one", async (_, removed) => {
    const { root, one, two, store } = await linkedRoot();
    await point(root, "two");
    if (removed) await rm(one, { recursive: true });
    expect(await store.stat("top.json")).toBeUndefined();
    expect(await store.stat("a/x.json")).toBeUndefined();
    await expect(store.read("a/x.json")).rejects.toThrow(storageError({ code: "NOT_FOUND" }));
    expect(await pathsOf(store)).toEqual([]);
    await store.write("b/y.json", "in two");
    await store.write("top.json", "in two", { ifNoneMatch: "*" });
    await store.copy("b/y.json", "c/y.json");
    await store.delete("b/y.json");
    expect(await pathsOf(store)).toEqual(["c/y.json", "top.json"]);
    expect(await readFile(join(two, "c/y.json"), "utf8")).toBe("in two");
    if (!removed) expect(await readFile(join(one, "top.json"), "utf8")).toBe("in one");
  });

  it.each(["write", "delete", "copy", "read", "list", "writeIfAbsent"] as const)(
    "is found by %s itself",
    async (call) => {
      const { root, two, store } = await linkedRoot();
      await new FileStore({ root: two, fsync: false }).write("a/x.json", "in two");
      await point(root, "two");
      const calls = {
        write: () => store.write("a/x.json", "new"),
        delete: () => store.delete("a/x.json"),
        copy: () => store.copy("a/x.json", "a/y.json"),
        read: async () => expect(await textOf(store, "a/x.json")).toBe("in two"),
        list: async () => expect(await pathsOf(store)).toEqual(["a/x.json"]),
        writeIfAbsent: () =>
          expect(store.write("a/x.json", "new", { ifNoneMatch: "*" })).rejects.toThrow(
            storageError({ code: "ALREADY_EXISTS" }),
          ),
      };
      await calls[call]();
      const expected = { write: "new", delete: undefined, copy: "in two", read: "in two", list: "in two" };
      const content = await readFile(join(two, "a/x.json"), "utf8").catch(() => undefined);
      expect(content).toBe(call === "writeIfAbsent" ? "in two" : expected[call]);
      if (call === "copy") expect(await readFile(join(two, "a/y.json"), "utf8")).toBe("in two");
    },
  );

  it("in the middle of a write: UNAVAILABLE, nothing is left, and the next attempt is in the new place", async () => {
    const { root, one, two, store } = await linkedRoot();
    async function* moving(): AsyncGenerator<Uint8Array> {
      yield Buffer.from("1");
      await point(root, "two");
    }
    await expect(store.write("b/y.json", moving())).rejects.toThrow(
      storageError({ code: "UNAVAILABLE", retryable: true, operation: "write", path: "b/y.json" }),
    );
    expect(await fs.readdir(join(one, "%tmp"))).toEqual([]);
    expect(openBelow(one)).toEqual([]);
    await store.write("b/y.json", "1");
    expect(await readFile(join(two, "b/y.json"), "utf8")).toBe("1");
  });

  it("in the middle of a listing: UNAVAILABLE, never a part for the whole", async () => {
    const { root, store } = await linkedRoot();
    await store.write("b/y.json", "1");
    const seen: string[] = [];
    const listing = async (): Promise<void> => {
      for await (const { path } of store.list("")) {
        if (seen.push(path) === 1) await point(root, "two");
      }
    };
    await expect(listing()).rejects.toThrow(storageError({ code: "UNAVAILABLE", operation: "list" }));
    expect(seen).toEqual(["a/x.json"]);
  });

  it("to nowhere is CONTAINER_NOT_FOUND for a write, and an empty store for others", async () => {
    const { root, store } = await linkedRoot();
    await point(root, "nowhere");
    expect(await store.stat("a/x.json")).toBeUndefined();
    expect(await pathsOf(store)).toEqual([]);
    await expect(store.write("x", "1")).rejects.toThrow(storageError({ code: "CONTAINER_NOT_FOUND", path: "x" }));
  });

  it("to itself is CONTAINER_NOT_FOUND", async () => {
    const { root, store } = await linkedRoot();
    await point(root, "current");
    await expect(store.stat("a/x.json")).rejects.toThrow(storageError({ code: "CONTAINER_NOT_FOUND" }));
    await expect(store.write("x", "1")).rejects.toThrow(storageError({ code: "CONTAINER_NOT_FOUND" }));
  });
});

describe("a root replaced by a file", () => {
  it("is CONTAINER_NOT_FOUND for every call, and well again when it is a directory again", async () => {
    const root = join(await newDirectory(), "root");
    const store = new FileStore({ root, fsync: false });
    await store.write("a/x.json", "1");
    await store.write("top.json", "1");
    await rm(root, { recursive: true });
    await writeFile(root, "a file");
    const gone = (operation: string): Error =>
      storageError({ code: "CONTAINER_NOT_FOUND", operation, retryable: false });
    for (const path of ["a/x.json", "top.json"]) {
      await expect(store.stat(path)).rejects.toThrow(gone("stat"));
      await expect(store.read(path)).rejects.toThrow(gone("read"));
      await expect(store.delete(path)).rejects.toThrow(gone("delete"));
      await expect(store.write(path, "2")).rejects.toThrow(gone("write"));
      await expect(store.write(path, "2", { ifNoneMatch: "*" })).rejects.toThrow(gone("write"));
      await expect(store.copy(path, "y.json")).rejects.toThrow(gone("copy"));
    }
    await expect(pathsOf(store)).rejects.toThrow(gone("list"));
    await expect(pathsOf(store, "a/")).rejects.toThrow(gone("list"));
    expect(await readFile(root, "utf8")).toBe("a file");
    await rm(root);
    await store.write("top.json", "2");
    expect(await pathsOf(store)).toEqual(["top.json"]);
  });

  it("or removed with all above it is made again by the next write", async () => {
    const directory = await newDirectory();
    const store = new FileStore({ root: join(directory, "a/root") });
    await store.write("b/x.json", "1");
    await rm(join(directory, "a"), { recursive: true });
    expect(await store.stat("b/x.json")).toBeUndefined();
    expect(await pathsOf(store)).toEqual([]);
    await store.write("b/x.json", "2");
    expect(await textOf(store, "b/x.json")).toBe("2");
  });
});
