import { chmod, mkdir, stat, type FileHandle } from "node:fs/promises";
import { dirname } from "node:path";
import { errnoOf } from "./file-error.js";

/** The permissions of what a store makes. What is there already keeps its own. */
export interface Permissions {
  readonly fileMode: number;
  readonly directoryMode: number;
}

// The umask takes bits of these only: no usual one takes something from the owner.
const GROUP_AND_OTHERS = 0o077;

// File systems without permissions, or with the same ones for all files.
const NO_PERMISSIONS_THERE = ["EPERM", "EINVAL", "ENOSYS", "ENOTSUP", "EOPNOTSUPP"];

/** Makes one directory. Until the umask is undone, it has fewer permissions than asked for, never more. */
export async function makeDirectory(directory: string, mode: number): Promise<void> {
  await mkdir(directory, { mode });
  await widenDirectory(directory, mode);
}

// Others may remove a directory again while one is made in it, but not for ever.
const ATTEMPTS = 100;

/**
 * Makes a directory and those above it that are missing. Unlike the recursive mkdir of Node.js it fails with the reason:
 * that one says of a read-only file system that something does not exist.
 *
 * @param onMade is told at once of each that was made, or may have been: what comes later may fail
 */
export async function makeDirectoryPath(
  directory: string,
  mode: number,
  onMade: (directory: string) => void,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await makeDirectory(directory, mode);
      onMade(directory);
      return;
    } catch (error) {
      // It failed after it had its effect, or another call was first, and may not have come further.
      if (await isDirectory(directory)) {
        onMade(directory);
        return;
      }
      if (errnoOf(error) !== "ENOENT" || attempt === ATTEMPTS || dirname(directory) === directory) throw error;
    }
    await makeDirectoryPath(dirname(directory), mode, onMade);
  }
}

async function isDirectory(path: string): Promise<boolean> {
  return stat(path).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
}

/** Gives a directory that was made with this mode what the umask took, and lets it keep the group that it inherited. */
async function widenDirectory(directory: string, mode: number): Promise<void> {
  if ((mode & GROUP_AND_OTHERS) === 0 || process.platform === "win32") return;
  await whereSupported(async () => chmod(directory, ((await stat(directory)).mode & 0o7000) | mode));
}

/** Gives a file that was made with this mode what the umask took. */
export async function widenFile(handle: FileHandle, mode: number): Promise<void> {
  if ((mode & GROUP_AND_OTHERS) !== 0) await setFileMode(handle, mode);
}

export async function setFileMode(handle: FileHandle, mode: number): Promise<void> {
  if (process.platform !== "win32") await whereSupported(() => handle.chmod(mode));
}

async function whereSupported(change: () => Promise<void>): Promise<void> {
  try {
    await change();
  } catch (error) {
    if (!NO_PERMISSIONS_THERE.includes(errnoOf(error) ?? "")) throw error;
  }
}
