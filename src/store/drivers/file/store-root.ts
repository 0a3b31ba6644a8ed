import { realpath, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { whereabouts, type Whereabouts } from "./directories.js";
import type { DirectorySync } from "./directory-sync.js";
import { FileFault, errnoOf, unless } from "./file-error.js";
import { makeDirectoryPath } from "./permissions.js";

// A root does not move more often during one call.
const ATTEMPTS = 3;

/** The root is gone, or is another directory than before. A symbolic link moved, or there was a deployment. */
export class RootMoved extends FileFault {
  constructor() {
    super("UNAVAILABLE", "The root of the store was moved or replaced while the call was under way.");
  }
}

/** The directory that holds all objects of a store. It may be a symbolic link. Links below it are not followed. */
export class StoreRoot {
  #found: Promise<string | undefined> | undefined;
  /** Directories with an entry that was made with the root, and may not be durable yet. */
  readonly #unsynced = new Set<string>();

  /**
   * @param path absolute
   * @param mode permissions of the directories that are made
   * @param onFound called with the real path of the root once it is found, before any use of it
   */
  constructor(
    private readonly path: string,
    private readonly mode: number,
    private readonly sync: DirectorySync,
    private readonly onFound: (root: string) => Promise<void>,
  ) {}

  /**
   * Finds the real path of the root. Returns `undefined` while there is no root, which means an empty store.
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
   * Runs an operation with the real path of the root, or with `undefined` while there is none. Runs it again if it
   * finds that the root has moved.
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
   * Tells where a directory below the root is. Looks it up by the path of the store, so that it notices a root that
   * moved. This costs nothing while all is well.
   *
   * @param root the result of {@link StoreRoot.find}
   * @throws {FileFault} {@link RootMoved}, after which the next call looks for the root again; `CONTAINER_NOT_FOUND`
   *   if the root is no longer a directory
   */
  async whereabouts(root: string, directory: string): Promise<Whereabouts> {
    // With the dot, the path can't lead to a file that took the place of the root.
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
   * Makes the root and the directories above it, unless they exist, and makes them durable.
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
   * Makes the entry of the root durable, and the entries above it, if this store made them. Each write waits for this
   * before it is acknowledged. Another call may have made the root, and may not have synced it yet, or may have
   * failed to.
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
