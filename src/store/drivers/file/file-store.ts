import { unlink } from "node:fs/promises";
import { DriverStore } from "../driver-store.js";
import { declareOwnStore } from "../../guard/own-stores.js";
import type { ObjectInfo } from "../../store.js";
import { copyObject } from "./copy-object.js";
import { removeEmptyDirectories } from "./directories.js";
import { DirectorySync } from "./directory-sync.js";
import { fileError, unless } from "./file-error.js";
import { atPlace, type FileTree } from "./file-tree.js";
import { listObjects } from "./list-objects.js";
import { objectInfo, statFile, statObject } from "./object-file.js";
import { parseFileStoreOptions, type FileStoreOptions } from "./options.js";
import { readObject } from "./read-object.js";
import { StoreRoot } from "./store-root.js";
import { removeTemporaryDirectory, removeAbandoned } from "./temporary-files.js";
import { writeObject } from "./write-object.js";

/**
 * Keeps each object in a file below a directory, at a place that people can read. The object `outputs/run-42/x.json`
 * is the file `{root}/outputs/run-42/x.json`.
 *
 * Writes are atomic and durable, by one process or by many on the same root. After a crash, the next store on the
 * root removes everything that the crash left behind. A file system can't do `ifMatch`, metadata and media types
 * atomically, so the store does not support them. It does not support `presign` either.
 *
 * A root that does not exist is an empty store. The first write makes it. The root may be a symbolic link, and may
 * move while the store is in use. Symbolic links below the root are not followed.
 *
 * Only the owner can read the files and directories that the store makes: see `fileMode` and `directoryMode`. Let
 * only people whom you trust write to the root directly: see `docs/decisions/0004-file-store-layout.md`.
 *
 * The cause that the file system reports decides the code of an error:
 * - `PERMISSION_DENIED`: access is denied, the file system is read-only, or a symbolic link is in the way.
 * - `INSUFFICIENT_STORAGE`: no space or no quota is left.
 * - `THROTTLED`: too many files are open.
 * - `UNAVAILABLE`: the device failed, or the root was moved in the middle of a write or listing.
 * - `INVALID_PATH`: the path is too long below this root.
 * - `CONTAINER_NOT_FOUND`: the root is not a directory.
 * - `UNEXPECTED`: something that the store did not make is in the way.
 *
 * `close()` removes the directory of temporary files, unless some process writes there. The store can still be used.
 *
 * @example
 * const store = new FileStore({ root: "/var/lib/payloads" });
 * await store.write("outputs/run-42/result.json", '{"ok":true}');
 * for await (const { path, size } of store.list("outputs/run-42/")) console.log(path, size);
 */
export class FileStore extends DriverStore<"file"> {
  /** @throws {StorageError} `CONFIG_INVALID`, which names each option that is wrong */
  constructor(options: FileStoreOptions) {
    const { root, fsync, caseInsensitive, fileMode, directoryMode } = parseFileStoreOptions(options);
    const sync = new DirectorySync(fsync);
    const tidy = (found: string): Promise<void> => removeAbandoned(found).catch(() => undefined);
    const tree: FileTree = {
      root: new StoreRoot(root, directoryMode, sync, tidy),
      sync,
      rules: { caseInsensitive },
      fsync,
      permissions: { fileMode, directoryMode },
    };
    super({
      name: "file",
      place: `the directory ${JSON.stringify(root)}`,
      capability: { presign: false, ifMatch: false, deleteIfMatch: false, metadata: false, contentType: false },
      write: (path, body, given, call) => writeObject(tree, path, body, given, call),
      read: (path, given, call) => readObject(tree, path, given, call),
      stat: (path) => statPath(tree, path),
      delete: (path) => deletePath(tree, path),
      list: (prefix, given, { details }) => listObjects(tree, prefix, given, details),
      copy: (from, to, call) => copyObject(tree, from, to, call),
      close: () => removeUnused(tree),
      failure: (error, { details }) => fileError(error, details),
    });
  }

  static {
    declareOwnStore(this);
  }
}

async function statPath(tree: FileTree, path: string): Promise<ObjectInfo | undefined> {
  const stats = await atPlace(tree, path, (place) => statObject(tree.root, place));
  return stats && objectInfo(path, stats);
}

/**
 * Deletes one object, and the directories that are empty without it. Neither a delete nor a write takes anything from
 * another call. rmdir(2) fails for a directory that got an entry meanwhile. A writer makes a directory again if it is
 * gone.
 */
async function deletePath(tree: FileTree, path: string): Promise<void> {
  await atPlace(tree, path, async ({ root, file, directory, directories }) => {
    if ((await tree.root.whereabouts(root, directory)) !== "inside") return;
    if ((await statFile(file)) !== undefined) await unless(unlink(file), "ENOENT");
    // Also when there was no file. The caller may repeat a delete that failed after its unlink.
    await tree.sync.syncRemoval(root, await removeEmptyDirectories(root, directories));
  });
}

/** Removes the directory of temporary files, unless some process writes there. */
async function removeUnused({ root: storeRoot }: FileTree): Promise<void> {
  const root = await storeRoot.find().catch(() => undefined);
  if (root !== undefined) await removeTemporaryDirectory(root);
}
