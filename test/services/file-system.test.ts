import { execFileSync } from "node:child_process";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { FileStore } from "../../src/file.js";
import { pathsOf, textOf, useDirectories } from "../store/drivers/file/file-roots.js";
import { storageError } from "../store/storage-error.js";

// Mounts file systems of its own, which takes the rights that the services need too.

const newDirectory = useDirectories();

/** Runs something on a small file system of its own. */
async function onTmpfs(run: (root: string) => Promise<void>): Promise<void> {
  const root = await newDirectory();
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=256k,mode=755", "tmpfs", root]);
  try {
    await run(root);
  } finally {
    execFileSync("umount", ["--lazy", root]);
  }
}

describe("a real file system", () => {
  it("that is read-only reads, and denies every change", async () => {
    await onTmpfs(async (root) => {
      await new FileStore({ root }).write("a/x.json", "1");
      execFileSync("mount", ["-o", "remount,ro", root]);
      const store = new FileStore({ root });
      expect(await textOf(store, "a/x.json")).toBe("1");
      expect(await pathsOf(store)).toEqual(["a/x.json"]);
      const denied = storageError({ code: "PERMISSION_DENIED", retryable: false });
      await expect(store.write("a/x.json", "2")).rejects.toThrow(denied);
      await expect(store.write("b/x.json", "2", { ifNoneMatch: "*" })).rejects.toThrow(denied);
      await expect(store.copy("a/x.json", "y.json")).rejects.toThrow(denied);
      await expect(store.delete("a/x.json")).rejects.toThrow(denied);
      await store.delete("missing/x.json");
      await expect(new FileStore({ root: join(root, "new/root") }).write("x", "1")).rejects.toThrow(denied);
      expect(await textOf(store, "a/x.json")).toBe("1");
      await store.close();
    });
  });

  it("that is full is INSUFFICIENT_STORAGE, and keeps what it has", async () => {
    await onTmpfs(async (root) => {
      const store = new FileStore({ root });
      await store.write("x", "old");
      const full = storageError({ code: "INSUFFICIENT_STORAGE", retryable: false, path: "x" });
      await expect(store.write("x", Buffer.alloc(1_000_000))).rejects.toThrow(full);
      async function* chunks(): AsyncGenerator<Uint8Array> {
        for (let i = 0; i < 20; i++) yield await Promise.resolve(Buffer.alloc(50_000));
      }
      await expect(store.write("x", chunks())).rejects.toThrow(full);
      expect(await textOf(store, "x")).toBe("old");
      expect(await readdir(join(root, "%tmp"))).toEqual([]);
      await store.write("x", "new");
      expect(await textOf(store, "x")).toBe("new");
    });
  });
});
