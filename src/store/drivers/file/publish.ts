import { link, lstat, rename, type FileHandle } from "node:fs/promises";
import { throwIfAborted } from "../../../async/abort.js";
import type { ObjectInfo } from "../../store.js";
import type { DriverCall } from "../driver-store.js";
import { foreignFileInTheWay, linkInTheWay, makeDirectories } from "./directories.js";
import { errnoOf, unless } from "./file-error.js";
import { placeOf, type FileTree, type Place } from "./file-tree.js";
import { objectInfo, statFile } from "./object-file.js";
import { createTemporary, removeTemporary, temporaryVanished } from "./temporary-files.js";

// Each failed attempt means that another call has made progress.
const ATTEMPTS = 1000;

/** How the content of an object gets into its temporary file. */
export interface Content {
  /** Makes the file, which must be new. */
  create(file: string): Promise<FileHandle>;
  /** Writes what `create` did not. */
  fill?(handle: FileHandle): Promise<void>;
}

/**
 * Makes an object: a temporary file first, which is put in its place whole and durable. Until then, and whenever
 * anything fails, there is what was there before.
 */
export async function publishObject(
  tree: FileTree,
  path: string,
  content: Content,
  { details, signal, condition }: DriverCall,
): Promise<ObjectInfo> {
  const { root, file, created: handle } = await createTemporary(tree, (name) => content.create(name));
  try {
    await content.fill?.(handle);
    throwIfAborted(signal, details);
    const now = uniqueTime();
    await handle.utimes(now, now);
    if (tree.fsync) await handle.sync();
    const info = objectInfo(path, await handle.stat({ bigint: true }));
    await handle.close(); // a network file system may tell only now that a write has failed
    throwIfAborted(signal, details);
    const place = placeOf(path, root, tree.rules);
    await putInPlace(tree, file, place, condition === "ifNoneMatch");
    await tree.sync.syncEntry(place.root, place.directory);
    await tree.root.syncMade();
    return info;
  } catch (error) {
    await handle.close().catch(() => undefined);
    await removeTemporary(file);
    throw error;
  }
}

/** Puts a file in its place. The directory may be removed by another call at any time, and is then made again. */
async function putInPlace(tree: FileTree, file: string, place: Place, ifAbsent: boolean): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      const where = await tree.root.whereabouts(place.root, place.directory);
      if (where === "elsewhere") throw linkInTheWay();
      if (where === "missing") {
        await makeDirectories(place.root, place.directories, tree.permissions.directoryMode);
      }
      await (ifAbsent ? link(file, place.file) : rename(file, place.file));
      break;
    } catch (error) {
      await assertRepeatable(error, file, place);
      if (attempt === ATTEMPTS) throw error;
    }
  }
  if (ifAbsent) await removeTemporary(file);
}

async function assertRepeatable(error: unknown, file: string, place: Place): Promise<void> {
  const errno = errnoOf(error) ?? "";
  if (errno === "ENOENT") {
    if ((await statFile(file)) === undefined) throw temporaryVanished(error);
    return;
  }
  if (!["EEXIST", "EISDIR", "ENOTDIR", "ENOTEMPTY"].includes(errno)) throw error;
  const obstacle = await unless(lstat(place.file), "ENOENT", "ENOTDIR");
  if (obstacle === undefined) return; // removed meanwhile
  throw obstacle.isFile() ? error : foreignFileInTheWay(error);
}

let lastTime = 0;

/**
 * The time in seconds, never the same twice in this process. The kernel's own stamps are up to 10 ms apart and inode
 * numbers are used again at once, so that two versions of an object could have one etag.
 */
function uniqueTime(): number {
  // Node.js cuts off a double after the microsecond: 2 apart are never one, and 1 more keeps the millisecond.
  lastTime = Math.max(Date.now() * 1000 + 1, lastTime + 2);
  return lastTime / 1e6;
}
