import { lstat, realpath, rmdir } from "node:fs/promises";
import { join } from "node:path";
import { FileFault, errnoOf, unless } from "./file-error.js";
import { makeDirectory } from "./permissions.js";

/** Where a directory is: below the root, behind a symbolic link, or nowhere. */
export type Whereabouts = "inside" | "elsewhere" | "missing";

/**
 * Tells whether a directory below the root exists and no symbolic link leads to it.
 *
 * @param directory a path that begins with the real path of the root
 * @param given the same directory, by the path that the root was given as. Default: `directory`
 */
export async function whereabouts(directory: string, given = directory): Promise<Whereabouts> {
  const real = await unless(realpath(given), "ENOENT", "ENOTDIR", "ELOOP");
  if (real === undefined) return "missing";
  return real === directory ? "inside" : "elsewhere";
}

/**
 * Makes the directories from the root down. Rejects with `ENOENT` if another call removes one meanwhile.
 *
 * @throws {FileFault} `PERMISSION_DENIED` if a symbolic link is in the way, `UNEXPECTED` if another file is
 */
export async function makeDirectories(root: string, names: readonly string[], mode: number): Promise<void> {
  let directory = root;
  for (const name of names) {
    directory = join(directory, name);
    try {
      await makeDirectory(directory, mode);
    } catch (error) {
      if (errnoOf(error) !== "EEXIST") throw error;
      await assertDirectory(directory);
    }
  }
}

/** Removes empty directories from the deepest up, but never the root. Returns the deepest one that is left. */
export async function removeEmptyDirectories(root: string, names: readonly string[]): Promise<string> {
  for (let depth = names.length; depth > 0; depth--) {
    const directory = join(root, ...names.slice(0, depth));
    try {
      await rmdir(directory);
    } catch (error) {
      // Nearly always the directory is not empty. Otherwise an empty directory stays, which no reader can see.
      if (errnoOf(error) !== "ENOENT") return directory;
    }
  }
  return root;
}

/** Makes the error of a write whose path leads through a symbolic link. */
export function linkInTheWay(): FileFault {
  return new FileFault("PERMISSION_DENIED", "A symbolic link below the root is in the way; it is not followed.");
}

/** Makes the error of a write whose place is taken by something that is not an object. */
export function foreignFileInTheWay(cause?: unknown): FileFault {
  return new FileFault("UNEXPECTED", "Something that the store did not make is in the way.", cause);
}

async function assertDirectory(path: string): Promise<void> {
  const stats = await lstat(path);
  if (stats.isSymbolicLink()) throw linkInTheWay();
  if (!stats.isDirectory()) throw foreignFileInTheWay();
}
