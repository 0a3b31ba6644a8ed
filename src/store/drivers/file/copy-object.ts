import { NO_OBJECT } from "../../no-object.js";
import { constants } from "node:fs";
import { copyFile, open, type FileHandle } from "node:fs/promises";
import type { ObjectInfo } from "../../store.js";
import type { DriverCall } from "../driver-store.js";
import { FileFault } from "./file-error.js";
import { atPlace, type FileTree } from "./file-tree.js";
import { statObject } from "./object-file.js";
import { setFileMode } from "./permissions.js";
import { publishObject } from "./publish.js";

/** Copies one object. Shares the blocks of the source where the file system can. */
export async function copyObject(tree: FileTree, from: string, to: string, call: DriverCall): Promise<ObjectInfo> {
  await assertSource(tree, from); // before anything is made
  const create = async (file: string): Promise<FileHandle> => {
    // Checked again, so that a missing source is not taken for a missing directory of `file`.
    const source = await assertSource(tree, from);
    await copyFile(source, file, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
    // The copy has the mode of the source, which may forbid writing. But Windows syncs only a file that is open for
    // writing.
    const handle = await open(file, process.platform === "win32" ? "r+" : "r");
    try {
      await setFileMode(handle, tree.permissions.fileMode);
      return handle;
    } catch (error) {
      await handle.close();
      throw error;
    }
  };
  return publishObject(tree, to, { create }, call);
}

async function assertSource(tree: FileTree, from: string): Promise<string> {
  const source = await atPlace(tree, from, async (place) => (await statObject(tree.root, place)) && place.file);
  if (source === undefined) throw new FileFault("NOT_FOUND", NO_OBJECT);
  return source;
}
