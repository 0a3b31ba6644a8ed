import { constants, type BigIntStats } from "node:fs";
import { open, type FileHandle } from "node:fs/promises";
import { dirname } from "node:path";
import { errnoOf, unless } from "./file-error.js";

// Forgetting a directory only costs a few more fsyncs.
const MAX_REMEMBERED = 10_000;

/** Makes changes of directories durable. New, renamed and removed entries then survive a power failure. */
export class DirectorySync {
  readonly #enabled: boolean;
  /**
   * Maps the path of a directory to its identity. Its own entry, and the entries of all directories above, are
   * durable.
   */
  readonly #durable = new Map<string, string>();

  /**
   * @param enabled `false`: every method does nothing, as on Windows, which can't sync a directory. NTFS logs its
   *   changes in order.
   */
  constructor(enabled: boolean) {
    this.#enabled = enabled && process.platform !== "win32";
  }

  /**
   * Syncs one directory.
   *
   * @param throughLinks whether the path may be or contain symbolic links, which it may above the root
   * @returns the identity of the directory, which differs from that of another with the same name; `undefined` if it
   *   is gone
   */
  async sync(directory: string, throughLinks = false): Promise<string | undefined> {
    if (!this.#enabled) return undefined;
    const handle = throughLinks ? await openAbove(directory) : await openDirectory(directory, constants.O_NOFOLLOW);
    if (handle === undefined) return undefined;
    try {
      await handle.sync().catch((error: unknown) => {
        // Some network file systems have no fsync for directories.
        if (errnoOf(error) !== "EINVAL" && errnoOf(error) !== "ENOTSUP") throw error;
      });
      return identityOf(await handle.stat({ bigint: true }));
    } finally {
      await handle.close();
    }
  }

  /**
   * Makes a new entry of a directory durable, and the directory too. Another call or process may have made the
   * directories above. A write still waits for their entries, unless it knows that they are durable.
   */
  async syncEntry(root: string, directory: string): Promise<void> {
    const identity = await this.sync(directory);
    if (identity === undefined || this.#durable.get(directory) === identity) return;
    // A directory can't be replaced without the directories below it. So the identity of the deepest one vouches for
    // all.
    for (let above = directory; above !== root;) {
      above = dirname(above);
      await this.sync(above);
    }
    if (this.#durable.size >= MAX_REMEMBERED) this.#durable.clear();
    this.#durable.set(directory, identity);
  }

  /**
   * Makes the removal of an entry durable. If the directory was removed too, syncs the nearest one above that exists.
   */
  async syncRemoval(root: string, directory: string): Promise<void> {
    if (!this.#enabled) return;
    for (let at = directory; ; at = dirname(at)) {
      if ((await this.sync(at)) !== undefined || at === root) return;
    }
  }
}

/** Opens a directory. Returns `undefined` if it is gone, whatever is in its place. */
async function openDirectory(directory: string, flags = 0): Promise<FileHandle | undefined> {
  return unless(open(directory, constants.O_RDONLY | constants.O_DIRECTORY | flags), "ENOENT", "ENOTDIR", "ELOOP");
}

/**
 * Opens a directory above the root. Returns `undefined` if reading it is forbidden, since it can't be synced then. A
 * process may use the names in such a directory without the right to list them.
 */
async function openAbove(directory: string): Promise<FileHandle | undefined> {
  return unless(openDirectory(directory), "EACCES");
}

// The next directory may get the same inode number, so the number alone is not enough.
function identityOf(stats: BigIntStats): string {
  return `${stats.dev} ${stats.ino} ${stats.birthtimeNs}`;
}
