import { mkdir, realpath, stat } from "node:fs/promises";
import { dirname } from "node:path";
import type { DirectorySync } from "./directory-sync.js";
import { FileFault, errnoOf, unless } from "./file-error.js";

/** The directory that holds all objects of a store. It may itself be a symbolic link; below it none is followed. */
export class StoreRoot {
  readonly #path: string;
  readonly #sync: DirectorySync;
  readonly #onFound: (root: string) => Promise<void>;
  #found: Promise<string | undefined> | undefined;
  /** Directories that have an entry which was made with the root, and may not be durable yet. */
  readonly #unsynced = new Set<string>();

  /**
   * @param path absolute
   * @param onFound called with the real path of the root when it is there for the first time, before any use of it
   */
  constructor(path: string, sync: DirectorySync, onFound: (root: string) => Promise<void>) {
    this.#path = path;
    this.#sync = sync;
    this.#onFound = onFound;
  }

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
   * Makes the root, durably, with the directories above it, unless it is there.
   *
   * @returns its real path
   * @throws {FileFault} `CONTAINER_NOT_FOUND` if it can't be a directory
   */
  async make(): Promise<string> {
    const first = await mkdir(this.#path, { recursive: true }).catch((error: unknown) => {
      // A file is where the root or a directory above should be, or the root is a link to nowhere.
      if (["EEXIST", "ENOTDIR", "ENOENT"].includes(errnoOf(error) ?? "")) throw unusableRoot(error);
      throw error;
    });
    if (first !== undefined) {
      for (let made = this.#path; ; made = dirname(made)) {
        this.#unsynced.add(dirname(made));
        if (made === first || made === dirname(made)) break;
      }
    }
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
    for (const directory of this.#unsynced) {
      await this.#sync.sync(directory);
      this.#unsynced.delete(directory);
    }
  }

  async #look(): Promise<string | undefined> {
    try {
      const root = await unless(realpath(this.#path), "ENOENT");
      if (root === undefined) return undefined;
      if (!(await stat(root)).isDirectory()) throw unusableRoot();
      await this.#onFound(root);
      return root;
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
