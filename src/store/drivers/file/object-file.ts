import { constants, type BigIntStats } from "node:fs";
import { lstat, open, type FileHandle } from "node:fs/promises";
import type { ObjectInfo } from "../../store.js";
import { unless } from "./file-error.js";
import type { Place } from "./file-tree.js";
import type { StoreRoot } from "./store-root.js";

/** Errors that mean no object: nothing there, a symbolic link, a socket, or a file in place of a directory. */
const NO_OBJECT = ["ENOENT", "ENOTDIR", "ELOOP", "EMLINK", "ENXIO", "EISDIR"];

/** Describes the file of an object. */
export function objectInfo(path: string, stats: BigIntStats): ObjectInfo {
  return {
    path,
    size: Number(stats.size),
    etag: `"${[stats.ino, stats.size, stats.mtimeNs].map((part) => part.toString(36)).join("-")}"`,
    lastModified: new Date(Number(stats.mtimeMs)), // under jest, stats.mtime is a Date from another realm
  };
}

/** Returns the stats of an object's file, or `undefined` if there is none. */
export async function statObject(root: StoreRoot, place: Place): Promise<BigIntStats | undefined> {
  if ((await root.whereabouts(place.root, place.directory)) !== "inside") return undefined;
  return statFile(place.file);
}

/** Returns the stats of a regular file, or `undefined` if there is none. The caller has checked its directory. */
export async function statFile(file: string): Promise<BigIntStats | undefined> {
  const stats = await unless(lstat(file, { bigint: true }), ...NO_OBJECT);
  return stats?.isFile() ? stats : undefined;
}

/** The file of an object, open for reading. */
export interface OpenObject {
  handle: FileHandle;
  stats: BigIntStats;
}

/** Opens an object's file for reading. Returns `undefined` if there is none. The caller closes the handle. */
export async function openObject(root: StoreRoot, place: Place): Promise<OpenObject | undefined> {
  if ((await root.whereabouts(place.root, place.directory)) !== "inside") return undefined;
  // Windows has no O_NOFOLLOW.
  if (process.platform === "win32" && (await statFile(place.file)) === undefined) return undefined;
  // Without O_NONBLOCK, opening a FIFO would wait for a writer.
  const flags = constants.O_RDONLY | flag("O_NOFOLLOW") | flag("O_NONBLOCK");
  const handle = await unless(open(place.file, flags), ...NO_OBJECT);
  if (handle === undefined) return undefined;
  try {
    const stats = await handle.stat({ bigint: true });
    if (stats.isFile()) return { handle, stats };
  } catch (error) {
    await handle.close();
    throw error;
  }
  await handle.close();
  return undefined;
}

function flag(name: "O_NOFOLLOW" | "O_NONBLOCK"): number {
  return process.platform === "win32" ? 0 : constants[name];
}
