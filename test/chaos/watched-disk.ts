import fsSync, { constants, readFileSync } from "node:fs";
import fs, { type FileHandle } from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { dirname, join } from "node:path";
import { DiskFile, DiskJournal } from "./disk-journal.js";

type Call = (...args: unknown[]) => Promise<unknown>;
type Step = (...args: unknown[]) => unknown;

/** Steps of a file system that can be made to fail. */
export type DiskOperation = "open" | "write" | "sync" | "rename" | "link" | "unlink" | "mkdir" | "rmdir" | "copyFile";

const CHANGES = ["open", "rename", "link", "unlink", "mkdir", "rmdir", "copyFile"] as const;

/**
 * Stands between this process and its file system, for what lies below one directory: writes down what is done and
 * synced, and lets steps fail. Nothing is really synced, which would only take time.
 */
export class WatchedDisk {
  readonly journal = new DiskJournal();
  readonly #files = new Map<string, DiskFile>();
  readonly #handles = new WeakMap<object, DiskFile | string>();
  readonly #originals = new Map<string, Call>();
  #restore: (() => void) | undefined;

  /**
   * @param directory what is watched; it exists
   * @param fail gives the errno that a step is to fail with
   */
  constructor(
    private readonly directory: string,
    private readonly fail: (operation: DiskOperation, path: string) => string | undefined,
  ) {}

  async install(): Promise<void> {
    const module = fs as unknown as Record<string, Call>;
    const handle = await fs.open(this.directory, constants.O_RDONLY);
    const handles = Object.getPrototypeOf(handle) as Record<string, Call>;
    await handle.close();
    const own: Record<(typeof CHANGES)[number], Step> = {
      open: this.#open,
      rename: this.#rename,
      link: this.#link,
      unlink: this.#remove("unlink"),
      rmdir: this.#remove("rmdir"),
      mkdir: this.#mkdir,
      copyFile: this.#copyFile,
    };
    for (const name of CHANGES) {
      const original = module[name]!;
      this.#originals.set(name, original);
      const step = own[name];
      module[name] = async (...args) => {
        const result = this.#isOwn(args) ? step(...args) : original.apply(fs, args);
        return await result;
      };
    }
    const { write, sync } = handles as { write: Call; sync: Call };
    const onWrite = this.#write.bind(this);
    const onSync = this.#sync.bind(this);
    handles["write"] = async function (this: FileHandle, ...args) {
      return onWrite(this, () => write.apply(this, args), args);
    };
    handles["sync"] = async function (this: FileHandle) {
      return onSync(this, () => sync.apply(this));
    };
    syncBuiltinESMExports();
    this.#restore = () => {
      for (const [name, original] of this.#originals) module[name] = original;
      Object.assign(handles, { write, sync });
      syncBuiltinESMExports();
    };
  }

  uninstall(): void {
    this.#restore?.();
    this.#restore = undefined;
  }

  #isOwn(args: readonly unknown[]): boolean {
    return typeof args[0] === "string" && args[0].startsWith(this.directory);
  }

  /** At once: what is written down must have the order in which it was done. */
  #run(operation: Exclude<DiskOperation, "open" | "write" | "sync">, ...args: unknown[]): unknown {
    this.#mayFail(operation, String(args[0]));
    const run = fsSync[`${operation}Sync`] as (...args: unknown[]) => unknown;
    return run(...args);
  }

  #mayFail(operation: DiskOperation, path: string): void {
    const code = this.fail(operation, path);
    if (code === undefined) return;
    throw Object.assign(new Error(`${code}: a fault was injected, ${operation}`), { code, syscall: operation });
  }

  readonly #open: Call = async (path, flags = constants.O_RDONLY, ...rest) => {
    const name = path as string;
    const isNew = typeof flags === "number" && (flags & constants.O_CREAT) !== 0;
    if (isNew) this.#mayFail("open", name);
    const handle = (await this.#originals.get("open")!.call(fs, path, flags, ...rest)) as FileHandle;
    if (isNew) this.#made(name, new DiskFile());
    this.#handles.set(handle, this.#files.get(name) ?? name);
    return handle;
  };

  #made(path: string, file: DiskFile): void {
    this.#files.set(path, file);
    this.journal.set(path, file);
  }

  readonly #copyFile: Step = (from, to, ...rest) => {
    this.#run("copyFile", from, to, ...rest);
    const file = new DiskFile();
    file.content = readFileSync(to as string);
    this.#made(to as string, file);
    this.journal.written(file, file.content);
  };

  readonly #rename: Step = (from, to) => {
    this.#run("rename", from, to);
    const file = this.#files.get(from as string)!;
    this.#files.delete(from as string);
    this.#made(to as string, file);
    this.journal.removed(from as string);
  };

  readonly #link: Step = (from, to) => {
    this.#run("link", from, to);
    this.#made(to as string, this.#files.get(from as string)!);
  };

  #remove(operation: "unlink" | "rmdir"): Step {
    return (path) => {
      this.#run(operation, path);
      this.#files.delete(path as string);
      this.journal.removed(path as string);
    };
  }

  readonly #mkdir: Step = (path, options) => {
    const first = this.#run("mkdir", path, options);
    if (typeof first !== "string") {
      // With `recursive` nothing was made. Without it, it was; else there would be an error.
      const { recursive = false } = (options ?? {}) as { recursive?: boolean };
      if (!recursive) this.journal.set(path as string, "directory");
      return first;
    }
    // Those that were made on the way, from the top down.
    const made: string[] = [];
    for (let above = path as string; ; above = dirname(above)) {
      made.unshift(above);
      if (above === first) break;
    }
    for (const directory of made) this.journal.set(directory, "directory");
    return first;
  };

  async #write(handle: FileHandle, write: () => Promise<unknown>, args: readonly unknown[]): Promise<unknown> {
    const file = this.#handles.get(handle);
    if (!(file instanceof DiskFile)) return write();
    this.#mayFail("write", "");
    const { bytesWritten } = (await write()) as { bytesWritten: number };
    const [bytes, offset] = args as [Uint8Array, number];
    file.content = Buffer.concat([file.content, bytes.subarray(offset, offset + bytesWritten)]);
    this.journal.written(file, file.content);
    return { bytesWritten };
  }

  async #sync(handle: FileHandle, sync: () => Promise<unknown>): Promise<unknown> {
    const synced = this.#handles.get(handle);
    if (synced === undefined) return sync();
    this.#mayFail("sync", "");
    if (synced instanceof DiskFile) this.journal.syncedFile(synced);
    else this.journal.syncedDirectory(synced);
    return undefined;
  }

  /** Makes what a power cut left, in another place. */
  static async restore(
    { directories, files }: ReturnType<DiskJournal["afterPowerCut"]>,
    from: string,
    to: string,
  ): Promise<void> {
    const moved = (path: string): string => join(to, path.slice(from.length));
    await fs.mkdir(to, { recursive: true });
    for (const directory of directories) await fs.mkdir(moved(directory));
    for (const [path, content] of files) await fs.writeFile(moved(path), content);
  }
}
