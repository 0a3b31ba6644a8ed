import { constants } from "node:fs";
import { copyFile, link, lstat, open, rename, type FileHandle } from "node:fs/promises";
import { throwIfAborted } from "../../abort.js";
import { checkedBytes, checkedChunks, isWholeBody } from "../../body.js";
import type { CallDetails } from "../../check.js";
import { StorageError } from "../../error.js";
import type { CallOptions, ObjectInfo, StoreBody, WriteOptions } from "../../store.js";
import { foreignFileInTheWay, linkInTheWay, makeDirectories, whereabouts } from "./directories.js";
import { errnoOf, unless } from "./file-error.js";
import { placeOf, type FileTree, type Place } from "./file-tree.js";
import { objectInfo, statFile, statObject } from "./object-file.js";
import { createTemporary, removeTemporary, temporaryVanished } from "./temporary-files.js";

/** Bytes of one write, so that an abort is noticed in between. */
const WRITE_BYTES = 16_777_216;

// Each failed attempt means that another call has made progress.
const ATTEMPTS = 1000;

/** Writes one object: to a temporary file, which is then put in its place whole. */
export async function writeObject(
  tree: FileTree,
  path: string,
  body: StoreBody,
  options: WriteOptions,
  details: CallDetails,
): Promise<ObjectInfo> {
  if (options.ifNoneMatch !== undefined) await assertAbsent(tree, path);
  const create = (file: string): Promise<FileHandle> =>
    open(file, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL);
  const { root, file, created: handle } = await createTemporary(tree.root, create);
  const place = placeOf(path, root, tree.rules);
  try {
    await writeBody(handle, body, options, details);
    throwIfAborted(options.signal, details);
    return await finish(tree, path, { file, handle, place }, options);
  } finally {
    await handle.close();
    await removeTemporary(file);
  }
}

/** Copies one object, where the file system can by sharing its blocks. */
export async function copyObject(
  tree: FileTree,
  from: string,
  to: string,
  options: CallOptions,
  details: CallDetails,
): Promise<ObjectInfo> {
  const missing = (): StorageError => new StorageError("NOT_FOUND", "There is no such object.", details);
  const found = await tree.root.find();
  if (found === undefined) throw missing();
  const source = placeOf(from, found, tree.rules);
  const create = async (temporary: string): Promise<FileHandle> => {
    if ((await statObject(source)) === undefined) throw missing();
    await copyFile(source.file, temporary, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
    // The mode is copied too, and may forbid writing. Windows syncs only what is open for writing.
    return open(temporary, process.platform === "win32" ? "r+" : "r");
  };
  const { root, file, created: handle } = await createTemporary(tree.root, create);
  const place = placeOf(to, root, tree.rules);
  try {
    throwIfAborted(options.signal, details);
    return await finish(tree, to, { file, handle, place }, {});
  } finally {
    await handle.close();
    await removeTemporary(file);
  }
}

interface WrittenFile {
  file: string;
  handle: FileHandle;
  place: Place;
}

/** Makes what was written durable and puts it in its place. */
async function finish(
  tree: FileTree,
  path: string,
  written: WrittenFile,
  options: Pick<WriteOptions, "ifNoneMatch" | "signal">,
): Promise<ObjectInfo> {
  const { handle, place } = written;
  const now = uniqueTime();
  await handle.utimes(now, now);
  if (tree.fsync) await handle.sync();
  const info = objectInfo(path, await handle.stat({ bigint: true }));
  await handle.close(); // a network file system may tell only now that it has failed
  throwIfAborted(options.signal);
  await publish(written.file, place, options.ifNoneMatch !== undefined);
  await tree.sync.syncEntry(place.root, place.directory);
  return info;
}

/** Puts a file in its place. The directory may be removed by another call at any time, and is then made again. */
async function publish(file: string, place: Place, ifAbsent: boolean): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      const where = await whereabouts(place.directory);
      if (where === "elsewhere") throw linkInTheWay();
      if (where === "missing") await makeDirectories(place.root, place.directories);
      await (ifAbsent ? link(file, place.file) : rename(file, place.file));
      return;
    } catch (error) {
      await assertRepeatable(error, file, place);
      if (attempt === ATTEMPTS) throw error;
    }
  }
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

/** Spares an upload that can't succeed. What decides is the link(2) afterwards. */
async function assertAbsent(tree: FileTree, path: string): Promise<void> {
  const root = await tree.root.find();
  if (root === undefined || (await statObject(placeOf(path, root, tree.rules))) === undefined) return;
  throw new StorageError("ALREADY_EXISTS", "The object exists already.");
}

async function writeBody(
  handle: FileHandle,
  body: StoreBody,
  options: WriteOptions,
  details: CallDetails,
): Promise<void> {
  if (isWholeBody(body)) return writeBytes(handle, checkedBytes(body, options, details), options, details);
  for await (const chunk of checkedChunks(body, options, details)) await writeBytes(handle, chunk, options, details);
}

async function writeBytes(
  handle: FileHandle,
  bytes: Uint8Array,
  options: CallOptions,
  details: CallDetails,
): Promise<void> {
  for (let written = 0; written < bytes.byteLength;) {
    throwIfAborted(options.signal, details);
    const length = Math.min(WRITE_BYTES, bytes.byteLength - written);
    written += (await handle.write(bytes, written, length)).bytesWritten;
  }
}

let lastTime = 0;

/**
 * The time in seconds, never the same twice in this process. The kernel's own stamps are up to 10 ms apart and inode
 * numbers are used again at once, so that two versions of an object could have one etag.
 */
function uniqueTime(): number {
  // 2 µs: Node.js keeps microseconds, of a double that is exact to a quarter of one.
  lastTime = Math.max(Date.now() * 1000, lastTime + 2);
  return lastTime / 1e6;
}
