import fs, { chmod, mkdir, readFile, rm, stat, writeFile, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { FileStore } from "../../../../src/store/drivers/file/index.js";
import { pathsOf, textOf, useDirectories } from "./file-roots.js";
import { storageError } from "../../storage-error.js";

const newDirectory = useDirectories();

async function modeOf(...names: string[]): Promise<string> {
  return ((await stat(join(...names))).mode & 0o7777).toString(8);
}

/** Runs something under a umask. */
async function withUmask<T>(mask: number, run: () => Promise<T>): Promise<T> {
  const before = process.umask(mask);
  try {
    return await run();
  } finally {
    process.umask(before);
  }
}

describe("what a store makes", () => {
  it.each([0o000, 0o022, 0o077])("only its owner can read, under the umask %i", async (mask) => {
    const root = join(await newDirectory(), "above/root");
    await withUmask(mask, async () => {
      const store = new FileStore({ root, fsync: false });
      await store.write("a/b/x.json", "1");
      await store.copy("a/b/x.json", "c/y.json");
    });
    for (const file of ["a/b/x.json", "c/y.json"]) expect(await modeOf(root, file)).toBe("600");
    for (const directory of ["..", "", "a", "a/b", "c", "%tmp"]) expect(await modeOf(root, directory)).toBe("700");
  });

  it.each([0o000, 0o022, 0o077])("has the permissions that it was told, under the umask %i", async (mask) => {
    const root = join(await newDirectory(), "above/root");
    await withUmask(mask, async () => {
      const store = new FileStore({ root, fsync: false, fileMode: 0o640, directoryMode: 0o750 });
      await store.write("a/b/x.json", "1");
      await store.copy("a/b/x.json", "c/y.json");
    });
    for (const file of ["a/b/x.json", "c/y.json"]) expect(await modeOf(root, file)).toBe("640");
    for (const directory of ["..", "", "a", "a/b", "c", "%tmp"]) expect(await modeOf(root, directory)).toBe("750");
  });

  it("is so from its beginning: a temporary file", async () => {
    const root = await newDirectory();
    const modes = await withUmask(0, async () => {
      const store = new FileStore({ root, fsync: false });
      const seen: string[] = [];
      async function* looking(): AsyncGenerator<Uint8Array> {
        for (const name of await fs.readdir(join(root, "%tmp"))) seen.push(await modeOf(root, "%tmp", name));
        yield Buffer.from("1");
      }
      await store.write("x", looking());
      return seen;
    });
    expect(modes).toEqual(["600"]);
  });

  it("leaves what is there as it is, and an object that is written anew gets the permissions of now", async () => {
    const root = await newDirectory();
    await chmod(root, 0o755);
    await mkdir(join(root, "a"));
    await chmod(join(root, "a"), 0o711);
    await writeFile(join(root, "a/x.json"), "old");
    await chmod(join(root, "a/x.json"), 0o644);
    const store = new FileStore({ root, fsync: false });
    await store.copy("a/x.json", "a/copy.json");
    expect(await modeOf(root, "a/copy.json")).toBe("600");
    expect(await modeOf(root, "a/x.json")).toBe("644");
    await store.write("a/x.json", "new");
    expect([await modeOf(root), await modeOf(root, "a"), await modeOf(root, "a/x.json")]).toEqual([
      "755",
      "711",
      "600",
    ]);
  });

  it("keeps the group that a directory hands down", async () => {
    const root = await newDirectory();
    await chmod(root, 0o2770);
    await new FileStore({ root, fsync: false, directoryMode: 0o770 }).write("a/x.json", "1");
    expect(await modeOf(root, "a")).toBe("2770");
  });

  it("is written also where the file system has no permissions", async () => {
    const root = await newDirectory();
    const handle = await fs.open(root);
    const prototype = Object.getPrototypeOf(handle) as FileHandle;
    await handle.close();
    const refusal = Object.assign(new Error("no"), { code: "EPERM" });
    const spies = [
      jest.spyOn(prototype, "chmod").mockRejectedValue(refusal),
      jest.spyOn(fs, "chmod").mockRejectedValue(refusal),
    ];
    try {
      const store = new FileStore({ root, fsync: false, fileMode: 0o660, directoryMode: 0o770 });
      await store.write("a/x.json", "1");
      await store.copy("a/x.json", "a/y.json");
      expect(await pathsOf(store)).toEqual(["a/x.json", "a/y.json"]);
      for (const spy of spies) expect(spy).toHaveBeenCalled();
    } finally {
      for (const spy of spies) spy.mockRestore();
    }
  });

  it("fails like any other step when the permissions can't be set", async () => {
    const root = await newDirectory();
    const handle = await fs.open(root);
    const prototype = Object.getPrototypeOf(handle) as FileHandle;
    await handle.close();
    const store = new FileStore({ root, fsync: false, fileMode: 0o660 });
    await new FileStore({ root, fsync: false }).write("a.json", "1");
    const spy = jest.spyOn(prototype, "chmod").mockRejectedValue(Object.assign(new Error("no"), { code: "EIO" }));
    try {
      await expect(store.write("x.json", "1")).rejects.toThrow(storageError({ code: "UNAVAILABLE" }));
      await expect(store.copy("a.json", "x.json")).rejects.toThrow(storageError({ code: "UNAVAILABLE" }));
    } finally {
      spy.mockRestore();
    }
    expect(await fs.readdir(join(root, "%tmp"))).toEqual([]);
    expect(await pathsOf(store)).toEqual(["a.json"]);
  });
});

describe("permissions in the options", () => {
  it.each([
    ["fileMode", 0o400],
    ["fileMode", 600],
    ["fileMode", 644],
    ["fileMode", 0o1600],
    ["fileMode", -1],
    ["fileMode", 384.5],
    ["fileMode", NaN],
    ["fileMode", "0600"],
    ["directoryMode", 0o600],
    ["directoryMode", 755],
    ["directoryMode", 0o2770],
    ["directoryMode", null],
  ])("%s: %p is CONFIG_INVALID", (name, mode) => {
    const make = (): FileStore => new FileStore({ root: "/tmp/x", [name]: mode });
    expect(make).toThrow(storageError({ code: "CONFIG_INVALID" }));
    expect(make).toThrow(name);
  });
});

const isRoot = process.getuid?.() === 0;

describe("without the right to it", () => {
  /** Root may do anything, but not the user that it becomes; any other user takes the right from itself. */
  async function withoutRight(directory: string, run: () => Promise<void>): Promise<void> {
    // The file system asks for the effective user, for all threads of the process.
    if (isRoot) process.seteuid!(65_534);
    else await chmod(join(directory, "root"), 0).then(() => chmod(directory, 0o500));
    try {
      await run();
    } finally {
      if (isRoot) process.seteuid!(0);
      else await chmod(directory, 0o700).then(() => chmod(join(directory, "root"), 0o700));
    }
  }

  it("every call is PERMISSION_DENIED, never a missing object", async () => {
    const directory = await newDirectory();
    const root = join(directory, "root");
    await new FileStore({ root, fsync: false }).write("a/x.json", "1");
    await chmod(directory, 0o755);
    const store = new FileStore({ root, fsync: false });
    const denied = storageError({ code: "PERMISSION_DENIED", retryable: false });
    await withoutRight(directory, async () => {
      await expect(store.stat("a/x.json")).rejects.toThrow(denied);
      await expect(store.read("a/x.json")).rejects.toThrow(denied);
      await expect(store.write("a/x.json", "2")).rejects.toThrow(denied);
      await expect(store.copy("a/x.json", "y")).rejects.toThrow(denied);
      await expect(store.delete("a/x.json")).rejects.toThrow(denied);
      await expect(pathsOf(store)).rejects.toThrow(denied);
      await expect(new FileStore({ root: join(directory, "new") }).write("x", "1")).rejects.toThrow(denied);
    });
    expect(await textOf(store, "a/x.json")).toBe("1");
    await rm(root, { recursive: true });
    expect(await readFile(join(root, "a/x.json")).catch(() => "gone")).toBe("gone");
  });
});
