import { randomBytes } from "node:crypto";
import { lstat, readdir, rmdir, unlink } from "node:fs/promises";
import { join } from "node:path";
import { linkInTheWay, whereabouts } from "./directories.js";
import { FileFault, errnoOf } from "./file-error.js";
import type { FileTree } from "./file-tree.js";
import { TEMPORARY_DIRECTORY } from "./path-encoding.js";
import { makeDirectory } from "./permissions.js";
import { currentProcess, livenessOf, type ProcessIdentity } from "./process-identity.js";
import { RootMoved } from "./store-root.js";

/**
 * Age in ms after which an untouched temporary file counts as abandoned. It matters only if this process can't tell
 * whether the process of the file lives. A write that stalls for longer fails with a retryable error, and is never
 * half done.
 */
export const ABANDONED_AFTER = 3_600_000;

// Others may remove the directory repeatedly while a file is made in it, but not for ever.
const ATTEMPTS = 100;

/**
 * Makes a temporary file below the root. Also makes its directory and the root, if they are missing.
 *
 * @param create makes the file, which must be new
 */
export async function createTemporary<T>(
  tree: FileTree,
  create: (file: string) => Promise<T>,
): Promise<{ root: string; file: string; created: T }> {
  for (let attempt = 1; ; attempt++) {
    const root = (await tree.root.find()) ?? (await tree.root.make());
    const directory = join(root, TEMPORARY_DIRECTORY);
    const file = join(directory, temporaryName());
    try {
      const where = await tree.root.whereabouts(root, directory);
      if (where === "elsewhere") throw linkInTheWay();
      if (where === "missing") await makeTemporaryDirectory(tree, directory);
      return { root, file, created: await create(file) };
    } catch (error) {
      await removeTemporary(file);
      const mayGo = errnoOf(error) === "ENOENT" || error instanceof RootMoved;
      if (!mayGo || attempt === ATTEMPTS) throw error;
    }
  }
}

/** Removes a temporary file, if it exists. A later store removes a file for which this fails. */
export async function removeTemporary(file: string): Promise<void> {
  await unlink(file).catch(() => undefined);
}

/**
 * Removes the temporary files that crashed processes have left. Best effort: the next store tries again where this
 * fails. Temporary files do no harm, but take space.
 */
export async function removeAbandoned(root: string, now: number = Date.now()): Promise<void> {
  const directory = join(root, TEMPORARY_DIRECTORY);
  if ((await whereabouts(directory)) !== "inside") return;
  for (const name of await readdir(directory)) {
    const file = join(directory, name);
    if (await isAbandoned(file, name, now)) await removeTemporary(file);
  }
  await removeTemporaryDirectory(root);
}

/** Removes the directory of temporary files, unless a write is under way in this or another process. */
export async function removeTemporaryDirectory(root: string): Promise<void> {
  await rmdir(join(root, TEMPORARY_DIRECTORY)).catch(() => undefined);
}

/** Makes the error of a stalled write whose temporary file was removed as abandoned. */
export function temporaryVanished(cause: unknown): FileFault {
  const message = "The write stalled for so long that its temporary file was removed.";
  return new FileFault("UNAVAILABLE", message, cause);
}

async function makeTemporaryDirectory({ root, permissions }: FileTree, directory: string): Promise<void> {
  try {
    await makeDirectory(directory, permissions.directoryMode);
  } catch (error) {
    if (errnoOf(error) === "EEXIST") return;
    if (errnoOf(error) !== "ENOENT") throw error;
    await root.make(); // the root was there before, so somebody has removed it
    throw error;
  }
}

async function isAbandoned(file: string, name: string, now: number): Promise<boolean> {
  const owner = ownerOf(name);
  const liveness = owner && livenessOf(owner);
  if (liveness !== undefined) return liveness === "dead";
  const stats = await lstat(file).catch(() => undefined);
  return stats !== undefined && now - stats.mtimeMs > ABANDONED_AFTER;
}

function temporaryName(): string {
  const { domain, pid, start } = currentProcess();
  return `${domain}-${pid}-${start}-${randomBytes(12).toString("hex")}`;
}

function ownerOf(name: string): ProcessIdentity | undefined {
  const parts = /^([0-9a-f]{16})-(\d{1,10})-(\d{1,20})-[0-9a-f]{24}$/.exec(name);
  if (parts === null) return undefined;
  return { domain: parts[1]!, pid: Number(parts[2]), start: parts[3]! };
}
