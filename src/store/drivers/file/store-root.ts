import { realpath, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { whereabouts, type Whereabouts } from "./directories.js";
import type { DirectorySync } from "./directory-sync.js";
import { FileFault, errnoOf, unless } from "./file-error.js";
import { makeDirectoryPath } from "./permissions.js";

// Nobody moves a root more often while one call is under way.
const ATTEMPTS = 3;

/** A root that is another directory than the one found before, or gone: a symbolic link that moved on, or a deployment. */
export class RootMoved extends FileFault {
  constructor() {
    super("UNAVAILABLE", "The root of the store was moved or replaced while the call was under way.");
  }
}

/** The directory that holds all objects of a store. It may itself be a symbolic link; below it none is followed. */
export class StoreRoot {
  #found: Promise<string | undefined> | undefined;
  /** Directories that have an entry which was made with the root, and may not be durable yet. */
  readonly #unsynced = new Set<string>();

  /**
   * @param path absolute
   * @param mode permissions of the directories that are made
   * @param onFound called with the real path of the root when it is there for the first time, before any use of it
   */
  constructor(
    private readonly path: string,
    private readonly mode: number,
    private readonly sync: DirectorySync,
    private readonly onFound: (root: string) => Promise<void>,
  ) {}

  /**
   * The real path of the root; `undefined` while there is none: an empty store.
   *
   * @throws {FileFault} `CONTAINER_NOT_FOUND` if it is not a directory
   */
  async find(): Promise<string | undefined> {
    const looking = (this.#found ??= this.#look());
    let root: string | undefined;
    try {
      root = await looking;
    } finally {
      if (root === undefined && this.#found === looking) this.#found = undefined;
    }
    return root;
  }

  /**
   * Does something with the real path of the root, or with `undefined` while there is none: once more when it finds that
   * the root has moved.
   */
  async use<T>(operation: (root: string | undefined) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await operation(await this.find());
      } catch (error) {
        if (!(error instanceof RootMoved) || attempt === ATTEMPTS) throw error;
      }
    }
  }

  /**
   * Where a directory below the root is. It is looked for by the path of the store, so that a root that moved shows: that
   * costs nothing while all is well.
   *
   * @param root what {@link StoreRoot.find} gave
   * @throws {FileFault} {@link RootMoved}, after which the root is looked for anew; `CONTAINER_NOT_FOUND` if it is not a
   *   directory any more
   */
  async whereabouts(root: string, directory: string): Promise<Whereabouts> {
    // The dot: a file that took the place of the root has none.
    const given = directory === root ? `${this.path}/.` : join(this.path, directory.slice(root.length));
    const where = await whereabouts(directory, given);
    if (where === "inside") return where;
    let now: string | undefined;
    try {
      now = await this.#resolve();
    } finally {
      if (now !== root) this.#found = undefined;
    }
    if (now !== root) throw new RootMoved();
    return where;
  }

  /**
   * Makes the root, durably, with the directories above it, unless it is there.
   *
   * @returns its real path
   * @throws {FileFault} `CONTAINER_NOT_FOUND` if it can't be a directory
   */
  async make(): Promise<string> {
    const onMade = (directory: string): void => void this.#unsynced.add(dirname(directory));
    await makeDirectoryPath(this.path, this.mode, onMade).catch((error: unknown) => {
      // A file is where the root or a directory above should be, or the root is a link to nowhere.
      if (["EEXIST", "ENOTDIR", "ENOENT", "ELOOP"].includes(errnoOf(error) ?? "")) throw unusableRoot(error);
      throw error;
    });
    await this.syncMade();
    const root = await this.find();
    if (root === undefined) throw unusableRoot();
    return root;
  }

  /**
   * Makes the root's own entry durable if it was made here, and those above it. What is acknowledged must have waited for
   * it: another call may have made the root, and not have come so far, or have failed to.
   */
  async syncMade(): Promise<void> {
    for (const directory of [...this.#unsynced].reverse()) {
      await this.sync.sync(directory, true);
      this.#unsynced.delete(directory);
    }
  }

  async #look(): Promise<string | undefined> {
    const root = await this.#resolve();
    if (root !== undefined) await this.onFound(root);
    return root;
  }

  async #resolve(): Promise<string | undefined> {
    try {
      const root = await unless(realpath(this.path), "ENOENT");
      if (root === undefined) return undefined;
      const stats = await unless(stat(root), "ENOENT");
      if (stats?.isDirectory() === false) throw unusableRoot();
      return stats && root;
    } catch (error) {
      if (errnoOf(error) === "ENOTDIR" || errnoOf(error) === "ELOOP") throw unusableRoot(error);
      throw error;
    }
  }
}

function unusableRoot(cause?: unknown): FileFault {
  const message = "The root of the store is not a directory and can't be made one.";
  return new FileFault("CONTAINER_NOT_FOUND", message, cause);
}
