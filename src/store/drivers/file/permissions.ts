import { chmod, mkdir, stat, type FileHandle } from "node:fs/promises";
import { dirname } from "node:path";
import { errnoOf } from "./file-error.js";

/** Permissions of the files and directories that a store makes. Existing ones keep their own. */
export interface Permissions {
  readonly fileMode: number;
  readonly directoryMode: number;
}

// Only these bits are corrected, since a usual umask takes nothing from the owner.
const GROUP_AND_OTHERS = 0o077;

// Errors of file systems without permissions, or with the same permissions for all files.
const NO_PERMISSIONS_THERE = ["EPERM", "EINVAL", "ENOSYS", "ENOTSUP", "EOPNOTSUPP"];

/**
 * Makes one directory. Until the effect of the umask is undone, it has fewer permissions than asked for, never more.
 */
export async function makeDirectory(directory: string, mode: number): Promise<void> {
  await mkdir(directory, { mode });
  await widenDirectory(directory, mode);
}

// Others may remove a directory repeatedly while a directory is made in it, but not for ever.
const ATTEMPTS = 100;

/**
 * Makes a directory and the missing directories above it. Unlike the recursive mkdir of Node.js, it fails with the
 * real reason. On a read-only file system, mkdir says that something does not exist.
 *
 * @param onMade is called at once for each directory that was made, or may have been, since later steps may fail
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
      // The call failed after it took effect. Or another call made the directory first, and may not be further yet.
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

/**
 * Gives a new directory the permissions that the umask removed. It keeps its set-user-ID, set-group-ID and sticky
 * bits, so that it still passes on its group.
 */
async function widenDirectory(directory: string, mode: number): Promise<void> {
  if ((mode & GROUP_AND_OTHERS) === 0 || process.platform === "win32") return;
  await whereSupported(async () => chmod(directory, ((await stat(directory)).mode & 0o7000) | mode));
}

/** Gives a new file the permissions that the umask removed. */
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
