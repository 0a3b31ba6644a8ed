import { constants, type BigIntStats } from "node:fs";
import { lstat, open, type FileHandle } from "node:fs/promises";
import type { ObjectInfo } from "../../store.js";
import { errnoOf, unless } from "./file-error.js";
import type { Place } from "./file-tree.js";
import type { StoreRoot } from "./store-root.js";

/** What is no object: nothing there, a symbolic link, a socket, or a file where a directory should be. */
const NO_OBJECT = ["ENOENT", "ENOTDIR", "ELOOP", "EMLINK", "ENXIO", "EISDIR"];

/** Describes the file of an object. */
export function objectInfo(path: string, stats: BigIntStats): ObjectInfo {
  return {
    path,
    size: Number(stats.size),
    etag: `"${[stats.ino, stats.size, stats.mtimeNs].map((part) => part.toString(36)).join("-")}"`,
    lastModified: new Date(Number(stats.mtimeMs)), // under jest, stats.mtime is a Date of another realm
  };
}

/** The stats of an object's file; `undefined` if there is none. */
export async function statObject(root: StoreRoot, place: Place): Promise<BigIntStats | undefined> {
  if ((await root.whereabouts(place.root, place.directory)) !== "inside") return undefined;
  return statFile(place.file);
}

/** The stats of a regular file in a directory that was checked; `undefined` if there is none. */
export async function statFile(file: string): Promise<BigIntStats | undefined> {
  const stats = await unless(lstat(file, { bigint: true }), ...NO_OBJECT);
  return stats?.isFile() ? stats : undefined;
}

/** An object's file, open for reading. */
export interface OpenObject {
  handle: FileHandle;
  stats: BigIntStats;
}

/** Opens an object's file for reading; `undefined` if there is none. The caller closes the handle. */
export async function openObject(root: StoreRoot, place: Place): Promise<OpenObject | undefined> {
  if ((await root.whereabouts(place.root, place.directory)) !== "inside") return undefined;
  // Windows has no O_NOFOLLOW.
  if (process.platform === "win32" && (await statFile(place.file)) === undefined) return undefined;
  const handle = await openFile(place.file);
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

async function openFile(file: string): Promise<FileHandle | undefined> {
  try {
    // O_NONBLOCK: opening a FIFO would otherwise wait for a writer.
    return await open(file, constants.O_RDONLY | flag("O_NOFOLLOW") | flag("O_NONBLOCK"));
  } catch (error) {
    if (NO_OBJECT.includes(errnoOf(error) ?? "")) return undefined;
    throw error;
  }
}

function flag(name: "O_NOFOLLOW" | "O_NONBLOCK"): number {
  return process.platform === "win32" ? 0 : constants[name];
}
