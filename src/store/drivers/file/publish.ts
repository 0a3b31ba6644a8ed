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

/** The steps that put the content of an object into its temporary file. */
export interface Content {
  /** Makes the file, which must be new. */
  create(file: string): Promise<FileHandle>;
  /** Writes the content, if `create` did not. */
  fill?(handle: FileHandle): Promise<void>;
}

/**
 * Makes an object. Writes a temporary file first, and then puts it in its place, whole and durable. Until then, and
 * after any error, the place is as it was before.
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
    await handle.close(); // a network file system may report a failed write only at close
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

/** Puts a file in its place. Another call may remove the directory at any time. It is then made again. */
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
 * Returns the time in seconds, never the same twice in this process. The kernel's own time stamps are up to 10 ms
 * apart, and inode numbers are used again at once. So with them, two versions of an object could have the same etag.
 */
function uniqueTime(): number {
  // Node.js cuts a double off after the microsecond. A step of 2 µs keeps two times apart. The extra 1 µs keeps the
  // millisecond.
  lastTime = Math.max(Date.now() * 1000 + 1, lastTime + 2);
  return lastTime / 1e6;
}
