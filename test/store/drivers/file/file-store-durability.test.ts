import fs, { mkdir, open, type FileHandle } from "node:fs/promises";
import { readlinkSync } from "node:fs";
import { join, relative } from "node:path";
import { FileStore } from "../../../../src/store/drivers/file/index.js";
import { turn } from "../../../support/turn.js";
import { pathsOf, treeOf, useDirectories } from "./file-roots.js";
import { storageError } from "../../storage-error.js";

const newDirectory = useDirectories();

let handles: FileHandle; // the prototype of all open files

beforeAll(async () => {
  const handle = await open(__filename);
  handles = Object.getPrototypeOf(handle) as FileHandle;
  await handle.close();
});

afterEach(() => {
  jest.restoreAllMocks();
});

/** Records in which order files are written, synced and put in place; paths are relative, temporaries are "%tmp/*". */
function record(directory: string): string[] {
  const steps: string[] = [];
  const nameOf = (path: string): string => relative(directory, path).replace(/%tmp\/.*/, "%tmp/*") || ".";
  for (const name of ["write", "sync"] as const) {
    const original = handles[name] as (...args: unknown[]) => Promise<never>;
    jest.spyOn(handles, name).mockImplementation(function (this: FileHandle, ...args: unknown[]) {
      steps.push(`${name} ${nameOf(readlinkSync(`/proc/self/fd/${this.fd}`))}`);
      return original.apply(this, args);
    });
  }
  for (const name of ["rename", "link"] as const) {
    const original = fs[name];
    jest.spyOn(fs, name).mockImplementation((from, to) => {
      steps.push(`${name} ${nameOf(String(from))} ${nameOf(String(to))}`);
      return original(from, to);
    });
  }
  const { unlink, rmdir } = fs;
  jest.spyOn(fs, "unlink").mockImplementation((path) => {
    steps.push(`unlink ${nameOf(String(path))}`);
    return unlink(path);
  });
  jest.spyOn(fs, "rmdir").mockImplementation((path) => {
    steps.push(`rmdir ${nameOf(String(path))}`);
    return rmdir(path);
  });
  return steps;
}

describe("FileStore with fsync", () => {
  it("syncs content, then puts it in place, then syncs the directory and all above that are new", async () => {
    const root = await newDirectory();
    const store = new FileStore({ root });
    const steps = record(root);
    await store.write("a/b/x.json", "1");
    const written = ["write %tmp/*", "sync %tmp/*", "rename %tmp/* a/b/x.json", "sync a/b"];
    expect(steps).toEqual([...written, "sync a", "sync ."]);
    steps.length = 0;
    await store.write("a/b/x.json", "2");
    expect(steps).toEqual(written);
  });

  it("syncs the entries of directories that somebody else has made", async () => {
    const root = await newDirectory();
    const store = new FileStore({ root });
    await store.write("a/x.json", "1");
    await store.delete("a/x.json");
    await mkdir(join(root, "a"));
    const steps = record(root);
    await store.write("a/x.json", "1");
    expect(steps.slice(2)).toEqual(["rename %tmp/* a/x.json", "sync a", "sync ."]);
  });

  it("syncs the root's own entry when it makes it", async () => {
    const directory = await newDirectory();
    const store = new FileStore({ root: join(directory, "b/c") });
    const steps = record(directory);
    await store.write("x.json", "1");
    expect(steps).toEqual([
      "sync b",
      "sync .",
      "write b/c/%tmp/*",
      "sync b/c/%tmp/*",
      "rename b/c/%tmp/* b/c/x.json",
      "sync b/c",
    ]);
  });

  it("syncs the root's own entry with the next write, when the one that made it could not", async () => {
    const directory = await newDirectory();
    const store = new FileStore({ root: join(directory, "b/c") });
    const failed = jest.spyOn(handles, "sync").mockRejectedValueOnce(Object.assign(new Error(), { code: "EIO" }));
    await expect(store.write("x.json", "1")).rejects.toThrow(storageError({ code: "UNAVAILABLE" }));
    failed.mockRestore();
    const steps = record(directory);
    await store.write("x.json", "1");
    expect(steps.slice(-3)).toEqual(["sync b/c", "sync b", "sync ."]);
    await store.write("y.json", "1");
    expect(steps.slice(-1)).toEqual(["sync b/c"]);
  });

  it.each(["before", "after"])(
    "syncs what was made above the root by a write that failed %s making it",
    async (when) => {
      const directory = await newDirectory();
      const root = join(directory, "b/c");
      const store = new FileStore({ root });
      const makeDirectory = fs.mkdir;
      let fails = true;
      jest.spyOn(fs, "mkdir").mockImplementation(async (path, options) => {
        const isRoot = path === root && (await treeOf(directory)).length > 0;
        const failsNow = isRoot && fails;
        if (failsNow) fails = false;
        if (!failsNow || when === "after") await makeDirectory(path, options);
        if (failsNow) throw Object.assign(new Error(), { code: "EIO" });
        return undefined;
      });
      const steps = record(directory);
      const first = store.write("x.json", "1").then(
        () => "written",
        () => "failed",
      );
      expect(await first).toBe(when === "after" ? "written" : "failed");
      expect(fails).toBe(false);
      await store.write("x.json", "1");
      expect(steps).toEqual(expect.arrayContaining(["sync b", "sync ."]));
    },
  );

  it("acknowledges no write before the root's own entry is synced, whichever call made it", async () => {
    const directory = await newDirectory();
    const store = new FileStore({ root: join(directory, "c") });
    const sync = handles.sync;
    let makeDurable = (): void => undefined;
    const held = new Promise<void>((resolve) => (makeDurable = resolve));
    jest.spyOn(handles, "sync").mockImplementation(async function (this: FileHandle) {
      if (readlinkSync(`/proc/self/fd/${this.fd}`) === directory) await held;
      return sync.call(this);
    });
    const first = store.write("x.json", "1");
    while ((await treeOf(directory)).length === 0) await turn();
    let acknowledged = false;
    const second = store.write("y.json", "1").then(() => (acknowledged = true));
    while (!(await treeOf(directory)).includes("c/y.json")) await turn();
    for (let turns = 0; turns < 50; turns++) await turn();
    expect(acknowledged).toBe(false);
    makeDurable();
    await Promise.all([first, second]);
  });

  it("links instead of renaming for if-absent", async () => {
    const root = await newDirectory();
    const store = new FileStore({ root });
    const steps = record(root);
    await store.write("x.json", "1", { ifNoneMatch: "*" });
    expect(steps).toEqual(["write %tmp/*", "sync %tmp/*", "link %tmp/* x.json", "unlink %tmp/*", "sync ."]);
  });

  it("syncs a copy as it does a write", async () => {
    const root = await newDirectory();
    const store = new FileStore({ root });
    await store.write("x.json", "1");
    const steps = record(root);
    await store.copy("x.json", "y.json");
    expect(steps).toEqual(["sync %tmp/*", "rename %tmp/* y.json", "sync ."]);
  });

  it("syncs the deepest directory that is left after a delete", async () => {
    const root = await newDirectory();
    const store = new FileStore({ root });
    await store.write("a/b/c/x.json", "1");
    await store.write("a/y.json", "1");
    const steps = record(root);
    await store.delete("a/b/c/x.json");
    expect(steps).toEqual(["unlink a/b/c/x.json", "rmdir a/b/c", "rmdir a/b", "rmdir a", "sync a"]);
  });

  it("syncs again when a delete is repeated", async () => {
    const root = await newDirectory();
    const store = new FileStore({ root });
    await store.write("a/x.json", "1");
    await store.write("a/y.json", "1");
    jest.spyOn(handles, "sync").mockRejectedValueOnce(Object.assign(new Error(), { code: "EIO" }));
    await expect(store.delete("a/x.json")).rejects.toThrow(storageError({ code: "UNAVAILABLE", operation: "delete" }));
    jest.restoreAllMocks();
    const steps = record(root);
    await store.delete("a/x.json");
    expect(steps).toContain("sync a");
  });

  it("does not acknowledge what it could not sync", async () => {
    const store = new FileStore({ root: await newDirectory() });
    jest.spyOn(handles, "sync").mockRejectedValue(Object.assign(new Error(), { code: "EIO" }));
    await expect(store.write("x", "1")).rejects.toThrow(storageError({ code: "UNAVAILABLE" }));
    expect(await store.stat("x")).toBeUndefined();
  });

  it("takes a file system that can't sync directories", async () => {
    const root = await newDirectory();
    const store = new FileStore({ root });
    const sync = handles.sync;
    jest.spyOn(handles, "sync").mockImplementation(async function (this: FileHandle) {
      if ((await this.stat()).isDirectory()) throw Object.assign(new Error(), { code: "EINVAL" });
      return sync.call(this);
    });
    await store.write("a/x", "1");
    await store.delete("a/x");
    expect(await pathsOf(store)).toEqual([]);
  });
});

describe("FileStore without fsync", () => {
  it("syncs nothing", async () => {
    const root = await newDirectory();
    const store = new FileStore({ root: join(root, "new"), fsync: false });
    const steps = record(root);
    await store.write("a/b/x", "1");
    await store.copy("a/b/x", "c/d/x");
    await store.delete("a/b/x");
    expect(steps.filter((step) => step.startsWith("sync"))).toEqual([]);
    expect(steps.filter((step) => step.startsWith("rename"))).toHaveLength(2);
  });
});
