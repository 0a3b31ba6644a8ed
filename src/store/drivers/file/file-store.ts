import { declareOwnStore } from "../../guard/own-stores.js";
import { endingSource } from "../../body-source.js";
import { unsupportedError, type Capability } from "../../capability.js";
import { checkCopy, checkDelete, checkList, checkRead, checkStat, checkWrite, type CallDetails } from "../../check.js";
import type {
  CallOptions,
  DeleteOptions,
  ListOptions,
  ObjectInfo,
  ReadOptions,
  ReadResult,
  Store,
  StoreBody,
  WriteOptions,
} from "../../store.js";
import { copyObject } from "./copy-object.js";
import { deleteObject } from "./delete-object.js";
import { DirectorySync } from "./directory-sync.js";
import { fileError } from "./file-error.js";
import { placeOf, type FileTree } from "./file-tree.js";
import { listObjects } from "./list-objects.js";
import { objectInfo, statObject } from "./object-file.js";
import { parseFileStoreOptions, type FileStoreOptions } from "./options.js";
import { readObject } from "./read-object.js";
import { StoreRoot } from "./store-root.js";
import { removeTemporaryDirectory, sweepTemporaries } from "./temporary-files.js";
import { writeObject } from "./write-object.js";

/**
 * Keeps each object in a file below a directory, at a place that people can read: `outputs/run-42/x.json` is
 * `{root}/outputs/run-42/x.json`. Writes are atomic and durable, by one process or many on the same root; a crash
 * leaves nothing behind that the next store on the root does not remove. Not supported, since a file system can't do
 * it atomically: `ifMatch`, metadata, media types; nor `presign`.
 *
 * A root that does not exist is an empty store, and is made by the first write. It may be a symbolic link, and may move
 * while the store is in use. Symbolic links below it are not followed. What the store makes, only its owner can read:
 * see `fileMode` and `directoryMode`. Keep those who may write to the root directly to people you trust: see
 * `docs/decisions/0004-file-store-layout.md`.
 *
 * Errors, by the cause that the file system gives: `PERMISSION_DENIED` (also a file system that is read-only, and a
 * symbolic link in the way), `INSUFFICIENT_STORAGE` (no space, or no quota), `THROTTLED` (too many open files),
 * `UNAVAILABLE` (the device failed, or the root was moved in the middle of a write or listing), `INVALID_PATH` (too long
 * below this root), `CONTAINER_NOT_FOUND` (the root is not a directory), `UNEXPECTED` (something that the store did not
 * make is in the way).
 *
 * @example
 * const store = new FileStore({ root: "/var/lib/payloads" });
 * await store.write("outputs/run-42/result.json", '{"ok":true}');
 * for await (const { path, size } of store.list("outputs/run-42/")) console.log(path, size);
 */
export class FileStore implements Store {
  readonly name = "file";
  readonly capability: Readonly<Capability> = Object.freeze({
    read: true,
    write: true,
    stat: true,
    delete: true,
    list: true,
    copy: true,
    presign: false,
    rangeRead: true,
    ifNoneMatch: true,
    ifMatch: false,
    deleteIfMatch: false,
    metadata: false,
    contentType: false,
  });
  readonly #tree: FileTree;

  /** @throws {StorageError} `CONFIG_INVALID` that names each option which is wrong */
  constructor(options: FileStoreOptions) {
    const { root, fsync, caseInsensitive, fileMode, directoryMode } = parseFileStoreOptions(options);
    const sync = new DirectorySync(fsync);
    const sweep = (found: string): Promise<void> => sweepTemporaries(found).catch(() => undefined);
    this.#tree = {
      root: new StoreRoot(root, directoryMode, sync, sweep),
      sync,
      rules: { caseInsensitive },
      fsync,
      permissions: { fileMode, directoryMode },
    };
  }

  write(path: string, body: StoreBody, options: WriteOptions = {}): Promise<ObjectInfo> {
    return endingSource(body, async (source) => {
      const details = checkWrite(this, path, source, options);
      return inFileSystem(writeObject(this.#tree, path, source, options, details), details);
    });
  }

  async read(path: string, options: ReadOptions = {}): Promise<ReadResult> {
    const details = checkRead(this, path, options);
    return inFileSystem(readObject(this.#tree, path, options, details), details);
  }

  async stat(path: string, options: CallOptions = {}): Promise<ObjectInfo | undefined> {
    const details = checkStat(this, path, options);
    const stats = await inFileSystem(this.#stat(path), details);
    return stats && objectInfo(path, stats);
  }

  async delete(path: string, options: DeleteOptions = {}): Promise<void> {
    const details = checkDelete(this, path, options);
    await inFileSystem(deleteObject(this.#tree, path), details);
  }

  async *list(prefix: string, options: ListOptions = {}): AsyncGenerator<ObjectInfo, void, undefined> {
    const details = checkList(this, prefix, options);
    try {
      yield* listObjects(this.#tree, prefix, options, details);
    } catch (error) {
      throw fileError(error, details);
    }
  }

  async copy(from: string, to: string, options: CallOptions = {}): Promise<ObjectInfo> {
    const details = checkCopy(this, from, to, options);
    return inFileSystem(copyObject(this.#tree, from, to, options, details), details);
  }

  /** Always rejects with `UNSUPPORTED`: a file has no URL to hand out. */
  presign(path: string): Promise<string> {
    return Promise.reject(unsupportedError(this, "presign", "presign", path));
  }

  /** Removes the directory of temporary files, unless some process writes there. The store can still be used. */
  async close(): Promise<void> {
    const root = await this.#tree.root.find().catch(() => undefined);
    if (root !== undefined) await removeTemporaryDirectory(root);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #stat(path: string): ReturnType<typeof statObject> {
    const { root: storeRoot, rules } = this.#tree;
    return storeRoot.use(async (root) =>
      root === undefined ? undefined : statObject(storeRoot, placeOf(path, root, rules)),
    );
  }

  static {
    declareOwnStore(this);
  }
}

/** Waits for an operation and says what its failure means. */
async function inFileSystem<T>(operation: Promise<T>, details: CallDetails): Promise<T> {
  try {
    return await operation;
  } catch (error) {
    throw fileError(error, details);
  }
}
