import { execFileSync } from "node:child_process";
import fs, { lstat, mkdir, readFile, readlink, rename, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { FileStore } from "../../../../src/store/drivers/file/index.js";
import { openBelow, pathsOf, treeOf, useDirectories } from "./file-roots.js";
import { storageError } from "../../storage-error.js";

const newDirectory = useDirectories();

/** A root beside a directory with a secret in it, and one object. */
async function newStore(): Promise<{ root: string; outside: string; store: FileStore }> {
  const directory = await newDirectory();
  const [root, outside] = [join(directory, "root"), join(directory, "outside")];
  await mkdir(join(outside, "sub"), { recursive: true });
  await writeFile(join(outside, "secret.json"), "secret");
  await writeFile(join(outside, "sub/secret.json"), "secret");
  const store = new FileStore({ root, fsync: false });
  await store.write("ours.json", "ours");
  return { root, outside, store };
}

async function expectNoObject(store: FileStore, path: string): Promise<void> {
  expect(await store.stat(path)).toBeUndefined();
  await expect(store.read(path)).rejects.toThrow(storageError({ code: "NOT_FOUND", path }));
  await expect(store.copy(path, "copy.json")).rejects.toThrow(storageError({ code: "NOT_FOUND" }));
  expect(await pathsOf(store)).toEqual(["ours.json"]);
  expect(await pathsOf(store, path)).toEqual([]);
  await store.delete(path);
}

describe("a symbolic link below the root", () => {
  it("to a file is no object, and a write replaces the link alone", async () => {
    const { root, outside, store } = await newStore();
    await symlink("../outside/secret.json", join(root, "link.json"));
    await expectNoObject(store, "link.json");
    expect(await readlink(join(root, "link.json"))).toBe("../outside/secret.json");
    const once = store.write("link.json", "new", { ifNoneMatch: "*" });
    await expect(once).rejects.toThrow(storageError({ code: "UNEXPECTED" }));
    await store.write("link.json", "new");
    expect((await lstat(join(root, "link.json"))).isFile()).toBe(true);
    expect(await readFile(join(outside, "secret.json"), "utf8")).toBe("secret");
  });

  it.each([
    ["at the top", "link", "link/secret.json"],
    ["further down", "a/link", "a/link/secret.json"],
    ["above other directories", "link", "link/sub/secret.json"],
  ])("to a directory is not followed: %s", async (_, name, path) => {
    const { root, outside, store } = await newStore();
    await mkdir(join(root, "a"));
    await symlink(outside, join(root, name));
    await expectNoObject(store, path);
    const before = await treeOf(outside);
    for (const target of [path, path.replace("secret", "new"), path.replace("secret.json", "new/new.json")]) {
      const denied = storageError({ code: "PERMISSION_DENIED", path: target });
      await expect(store.write(target, "new")).rejects.toThrow(denied);
      await expect(store.write(target, "new", { ifNoneMatch: "*" })).rejects.toThrow(denied);
    }
    await expect(store.copy("ours.json", path)).rejects.toThrow(storageError({ code: "PERMISSION_DENIED" }));
    expect(await treeOf(outside)).toEqual(before);
    expect(await readFile(join(outside, "secret.json"), "utf8")).toBe("secret");
    await store.close();
    expect(await treeOf(root)).not.toContain("%tmp");
  });

  it("to a directory inside the root is not followed either", async () => {
    const { root, store } = await newStore();
    await symlink(".", join(root, "link"));
    await expectNoObject(store, "link/ours.json");
    await expect(store.write("link/new.json", "new")).rejects.toThrow(storageError({ code: "PERMISSION_DENIED" }));
  });

  it("in place of the temporary files is not followed", async () => {
    const { root, outside, store } = await newStore();
    await store.close();
    await writeFile(join(outside, "0000000000000000-1-1-000000000000000000000000"), "old");
    await fs.utimes(join(outside, "0000000000000000-1-1-000000000000000000000000"), 0, 0);
    await symlink("../outside", join(root, "%tmp"));
    const before = await treeOf(outside);
    const other = new FileStore({ root, fsync: false });
    expect(await pathsOf(other)).toEqual(["ours.json"]);
    await expect(other.write("x", "1")).rejects.toThrow(storageError({ code: "PERMISSION_DENIED" }));
    await other.close();
    expect(await treeOf(outside)).toEqual(before);
  });

  it("that leads to itself or nowhere is no object", async () => {
    const { root, store } = await newStore();
    await symlink("loop.json", join(root, "loop.json"));
    await symlink("missing", join(root, "nowhere.json"));
    await symlink("loop", join(root, "loop"));
    await expectNoObject(store, "loop.json");
    await expectNoObject(store, "nowhere.json");
    await expectNoObject(store, "loop/x.json");
  });

  it("that takes the place of a directory while it is listed is not followed", async () => {
    const { root, outside, store } = await newStore();
    await store.write("a.json", "1");
    await store.write("sub/x.json", "1");
    const seen: string[] = [];
    for await (const { path } of store.list("")) {
      if (seen.push(path) > 1) continue;
      await rename(join(root, "sub"), join(root, "moved"));
      await symlink(outside, join(root, "sub"));
    }
    expect(seen).toEqual(["a.json", "ours.json"]);
  });

  it("that was put between the check and the opening of a file is not followed", async () => {
    const { root, store } = await newStore();
    const open = fs.open;
    const spy = jest.spyOn(fs, "open").mockImplementation(async (file, ...rest) => {
      await fs.rm(String(file));
      await symlink("../outside/secret.json", String(file));
      return open(file, ...rest);
    });
    try {
      await expect(store.read("ours.json")).rejects.toThrow(storageError({ code: "NOT_FOUND" }));
    } finally {
      spy.mockRestore();
    }
    expect(await readlink(join(root, "ours.json"))).toBe("../outside/secret.json");
  });
});

describe("what is no regular file", () => {
  it("is no object, and opening it does not wait", async () => {
    const { root, store } = await newStore();
    execFileSync("mkfifo", [join(root, "fifo.json")]);
    await expectNoObject(store, "fifo.json");
    expect((await lstat(join(root, "fifo.json"))).isFIFO()).toBe(true);
    expect(openBelow(root)).toEqual([]);
  });
});
