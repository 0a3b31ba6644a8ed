import { constants, type BigIntStats } from "node:fs";
import { open, type FileHandle } from "node:fs/promises";
import { dirname } from "node:path";
import { errnoOf, unless } from "./file-error.js";

// Forgetting only costs a few fsyncs again.
const MAX_REMEMBERED = 10_000;

/** Makes entries of directories durable: what was made, renamed or removed in them is so after a power failure too. */
export class DirectorySync {
  readonly #enabled: boolean;
  /** Path to identity of directories whose own entry, and that of all above, is known to be durable. */
  readonly #durable = new Map<string, string>();

  /** @param enabled `false`: every method does nothing. Windows can't sync a directory; NTFS logs its changes in order. */
  constructor(enabled: boolean) {
    this.#enabled = enabled && process.platform !== "win32";
  }

  /**
   * Syncs one directory.
   *
   * @param throughLinks whether the path may be or lead through symbolic links: above the root it may
   * @returns which directory it was, so that another of the same name is told from it; `undefined` if it is gone
   */
  async sync(directory: string, throughLinks = false): Promise<string | undefined> {
    if (!this.#enabled) return undefined;
    const handle = throughLinks ? await openAbove(directory) : await openDirectory(directory, constants.O_NOFOLLOW);
    if (handle === undefined) return undefined;
    try {
      await handle.sync().catch((error: unknown) => {
        // Some network file systems have no fsync of directories.
        if (errnoOf(error) !== "EINVAL" && errnoOf(error) !== "ENOTSUP") throw error;
      });
      return identityOf(await handle.stat({ bigint: true }));
    } finally {
      await handle.close();
    }
  }

  /**
   * Makes a new entry of a directory durable, and the directory with it. Which call or process made the directories
   * above does not matter: a write waits for their entries unless it knows that they are durable.
   */
  async syncEntry(root: string, directory: string): Promise<void> {
    const identity = await this.sync(directory);
    if (identity === undefined || this.#durable.get(directory) === identity) return;
    // A directory can't have been replaced without those below it, so the identity of the deepest vouches for all.
    for (let above = directory; above !== root;) {
      above = dirname(above);
      await this.sync(above);
    }
    if (this.#durable.size >= MAX_REMEMBERED) this.#durable.clear();
    this.#durable.set(directory, identity);
  }

  /** Makes the removal of an entry durable. The directory may have been removed meanwhile: then one above it counts. */
  async syncRemoval(root: string, directory: string): Promise<void> {
    if (!this.#enabled) return;
    for (let at = directory; ; at = dirname(at)) {
      if ((await this.sync(at)) !== undefined || at === root) return;
    }
  }
}

/** Opens a directory; `undefined` if it is gone, whatever stands in its place. */
async function openDirectory(directory: string, flags = 0): Promise<FileHandle | undefined> {
  return unless(open(directory, constants.O_RDONLY | constants.O_DIRECTORY | flags), "ENOENT", "ENOTDIR", "ELOOP");
}

/** The same above the root, where a directory may be open to those only who know the names in it: nobody can sync that. */
async function openAbove(directory: string): Promise<FileHandle | undefined> {
  return unless(openDirectory(directory), "EACCES");
}

// The inode number alone is used again for the next directory.
function identityOf(stats: BigIntStats): string {
  return `${stats.dev} ${stats.ino} ${stats.birthtimeNs}`;
}
