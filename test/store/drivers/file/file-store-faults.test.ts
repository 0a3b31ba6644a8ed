import fs, { open, type FileHandle } from "node:fs/promises";
import { once, type EventEmitter } from "node:events";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { FileStore } from "../../../../src/store/drivers/file/index.js";
import { StorageError } from "../../../../src/errors/error.js";
import { openBelow, pathsOf, textOf, treeOf, useDirectories } from "./file-roots.js";
import { storageError } from "../../storage-error.js";

const newDirectory = useDirectories();

let handles: FileHandle; // the prototype of all open files

beforeAll(async () => {
  const handle = await open(__filename);
  handles = Object.getPrototypeOf(handle) as FileHandle;
  await handle.close();
});

afterEach(() => {
  jest.restoreAllMocks();
});

function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: not to be matched by its message`), { code });
}

async function* chunksOf(...chunks: string[]): AsyncGenerator<Uint8Array, void, undefined> {
  for (const chunk of chunks) yield await Promise.resolve(Buffer.from(chunk));
}

describe("errors of the file system", () => {
  it.each([
    ["EACCES", "PERMISSION_DENIED", false],
    ["EPERM", "PERMISSION_DENIED", false],
    ["EROFS", "PERMISSION_DENIED", false],
    ["ENOSPC", "INSUFFICIENT_STORAGE", false],
    ["EDQUOT", "INSUFFICIENT_STORAGE", false],
    ["EFBIG", "LIMIT_EXCEEDED", false],
    ["EMFILE", "THROTTLED", true],
    ["ENFILE", "THROTTLED", true],
    ["EIO", "UNAVAILABLE", true],
    ["ESTALE", "UNAVAILABLE", true],
    ["EBUSY", "UNAVAILABLE", true],
    ["ETIMEDOUT", "TIMEOUT", true],
    ["ENAMETOOLONG", "INVALID_PATH", false],
    ["EXDEV", "UNSUPPORTED", false],
    ["EOPNOTSUPP", "UNSUPPORTED", false],
    ["EUNHEARDOF", "UNEXPECTED", false],
  ] as const)("%s is %s", async (errno, code, retryable) => {
    const store = new FileStore({ root: await newDirectory(), fsync: false });
    await store.write("a/x", "old");
    const cause = systemError(errno);
    const expected = { code, retryable, store: "file", cause };

    jest.spyOn(handles, "write").mockRejectedValue(cause);
    await expect(store.write("a/x", "1")).rejects.toThrow(
      storageError({ ...expected, operation: "write", path: "a/x" }),
    );
    jest.restoreAllMocks();
    jest.spyOn(fs, "open").mockRejectedValue(cause);
    await expect(store.read("a/x")).rejects.toThrow(storageError({ ...expected, operation: "read", path: "a/x" }));
    await expect(store.write("a/x", "1")).rejects.toThrow(storageError(expected));
    jest.spyOn(fs, "lstat").mockRejectedValue(cause);
    await expect(store.stat("a/x")).rejects.toThrow(storageError({ ...expected, operation: "stat", path: "a/x" }));
    await expect(store.delete("a/x")).rejects.toThrow(storageError({ ...expected, operation: "delete", path: "a/x" }));
    jest.spyOn(fs, "readdir").mockRejectedValue(cause);
    await expect(pathsOf(store)).rejects.toThrow(storageError({ ...expected, operation: "list" }));
    jest.restoreAllMocks();
    jest.spyOn(fs, "copyFile").mockRejectedValue(cause);
    await expect(store.copy("a/x", "y")).rejects.toThrow(storageError({ ...expected, operation: "copy", path: "a/x" }));
    jest.restoreAllMocks();
    expect(await textOf(store, "a/x")).toBe("old");
  });

  it.each([
    ["ENOTDIR", "UNEXPECTED"],
    ["EISDIR", "UNEXPECTED"],
    ["ELOOP", "PERMISSION_DENIED"],
  ] as const)("%s in the way of a write is %s, and says so", async (errno, code) => {
    const store = new FileStore({ root: await newDirectory(), fsync: false });
    jest.spyOn(fs, "open").mockRejectedValue(systemError(errno));
    const failed = store.write("a/x", "1");
    await expect(failed).rejects.toThrow(storageError({ code, operation: "write", path: "a/x" }));
    await expect(failed).rejects.toThrow("in the way");
  });

  it("say nothing of the machine in their message", async () => {
    const root = await newDirectory();
    const store = new FileStore({ root });
    await store.write("x", "1");
    await expect(store.write("x", "2", { ifNoneMatch: "*" })).rejects.not.toThrow(root);
  });

  it("are PERMISSION_DENIED when the root can't be made", async () => {
    const store = new FileStore({ root: join(await newDirectory(), "a/b") });
    jest.spyOn(fs, "mkdir").mockRejectedValue(systemError("EACCES"));
    await expect(store.write("x", "1")).rejects.toThrow(storageError({ code: "PERMISSION_DENIED", path: "x" }));
  });

  it("are forgotten: the root is looked for again", async () => {
    const store = new FileStore({ root: await newDirectory() });
    jest.spyOn(fs, "realpath").mockRejectedValueOnce(systemError("EIO"));
    await expect(store.stat("x")).rejects.toThrow(storageError({ code: "UNAVAILABLE" }));
    await store.write("x", "1");
    expect(await textOf(store, "x")).toBe("1");
  });

  it("of a real file system: a name that is too long with the root", async () => {
    const root = join(await newDirectory(), ...Array<string>(15).fill("r".repeat(250)));
    const store = new FileStore({ root, fsync: false });
    await store.write("x", "1");
    const path = `${"p".repeat(200)}/${"q".repeat(200)}`;
    await expect(store.write(path, "1")).rejects.toThrow(storageError({ code: "INVALID_PATH", path }));
    expect(await pathsOf(store)).toEqual(["x"]);
  });

  it("INTEGRITY when a file is cut off while it is read", async () => {
    const root = await newDirectory();
    const store = new FileStore({ root, fsync: false });
    await store.write("x.bin", Buffer.alloc(1_000_000));
    const result = await store.read("x.bin");
    await fs.truncate(join(root, "x.bin"), 300_000);
    await expect(result.bytes()).rejects.toThrow(
      storageError({ code: "INTEGRITY", operation: "read", store: "file", path: "x.bin" }),
    );
    expect(openBelow(root)).toEqual([]);
  });
});

describe("a write that fails", () => {
  const steps: [string, (cause: Error) => unknown][] = [
    ["writing", (cause) => jest.spyOn(handles, "write").mockRejectedValue(cause)],
    ["setting the time", (cause) => jest.spyOn(handles, "utimes").mockRejectedValue(cause)],
    ["syncing", (cause) => jest.spyOn(handles, "sync").mockRejectedValue(cause)],
    ["describing", (cause) => jest.spyOn(handles, "stat").mockRejectedValue(cause)],
    ["renaming", (cause) => jest.spyOn(fs, "rename").mockRejectedValue(cause)],
    ["making directories", (cause) => jest.spyOn(fs, "mkdir").mockRejectedValue(cause)],
  ];
  it.each(steps)("while %s leaves nothing", async (_, inject) => {
    const root = await newDirectory();
    const store = new FileStore({ root });
    await store.write("x.json", "old");
    inject(systemError("EIO"));
    const path = "new/y.json";
    await expect(store.write(path, "new")).rejects.toThrow(storageError({ code: "UNAVAILABLE", path }));
    jest.restoreAllMocks();
    expect(await treeOf(join(root, "%tmp"))).toEqual([]);
    expect(openBelow(root)).toEqual([]);
    expect(await pathsOf(store)).toEqual(["x.json"]);
  });

  it("closing leaves nothing", async () => {
    const root = await newDirectory();
    const store = new FileStore({ root, fsync: false });
    const open = fs.open;
    jest.spyOn(fs, "open").mockImplementationOnce(async (...args) => {
      const handle = await open(...args);
      const close = handle.close;
      handle.close = () => close().then(() => Promise.reject(systemError("EDQUOT")));
      return handle;
    });
    await expect(store.write("x", "1")).rejects.toThrow(storageError({ code: "INSUFFICIENT_STORAGE" }));
    expect(await treeOf(root)).toEqual(["%tmp"]);
  });

  it("because its source does leaves nothing", async () => {
    const root = await newDirectory();
    const store = new FileStore({ root, fsync: false });
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield* chunksOf("one", "two");
      throw new Error("lost");
    }
    await expect(store.write("x", failing())).rejects.toThrow(storageError({ code: "UNEXPECTED" }));
    await expect(store.write("x", "1", { size: 2 })).rejects.toThrow(storageError({ code: "INTEGRITY" }));
    await expect(store.write("x", chunksOf("1"), { size: 2 })).rejects.toThrow(storageError({ code: "INTEGRITY" }));
    expect(await treeOf(root)).toEqual(["%tmp"]);
    expect(openBelow(root)).toEqual([]);
  });

  it("goes on where the system wrote only a part", async () => {
    const store = new FileStore({ root: await newDirectory(), fsync: false });
    const write = handles.write as (...args: unknown[]) => Promise<{ bytesWritten: number; buffer: Uint8Array }>;
    const partly = function (this: FileHandle, bytes: Uint8Array, offset: number, length: number): unknown {
      return write.call(this, bytes, offset, Math.min(length, 3));
    };
    jest.spyOn(handles, "write").mockImplementation(partly as typeof handles.write);
    await store.write("x", "0123456789");
    expect(await textOf(store, "x")).toBe("0123456789");
  });

  it("because its temporary file was taken for abandoned is UNAVAILABLE", async () => {
    const root = await newDirectory();
    const store = new FileStore({ root, fsync: false });
    async function* stalling(): AsyncGenerator<Uint8Array> {
      yield* chunksOf("one");
      for (const name of readdirSync(join(root, "%tmp"))) await fs.rm(join(root, "%tmp", name));
    }
    const expected = storageError({ code: "UNAVAILABLE", retryable: true, operation: "write", path: "a/x" });
    await expect(store.write("a/x", stalling())).rejects.toThrow(expected);
    await expect(store.write("a/x", stalling(), { ifNoneMatch: "*" })).rejects.toThrow(expected);
    expect(await pathsOf(store)).toEqual([]);
  });
});

describe("an aborted call", () => {
  it("fails with the reason itself where that is typed", async () => {
    const root = await newDirectory();
    const store = new FileStore({ root });
    const controller = new AbortController();
    const reason = new StorageError("TIMEOUT", "The deadline has passed.");
    jest.spyOn(handles, "utimes").mockImplementation(() => {
      controller.abort(reason);
      return Promise.resolve();
    });
    await expect(store.write("x", "1", { signal: controller.signal })).rejects.toBe(reason);
  });

  it("does not wait for a source that hangs, and leaves nothing", async () => {
    const root = await newDirectory();
    const store = new FileStore({ root, fsync: false });
    const controller = new AbortController();
    async function* hanging(): AsyncGenerator<Uint8Array> {
      yield* chunksOf("one");
      setImmediate(() => controller.abort("enough"));
      await new Promise(() => undefined);
    }
    const written = store.write("x", hanging(), { signal: controller.signal });
    await expect(written).rejects.toThrow(
      storageError({ code: "ABORTED", cause: "enough", operation: "write", store: "file", path: "x" }),
    );
    expect(await treeOf(root)).toEqual(["%tmp"]);
    expect(openBelow(root)).toEqual([]);
  });

  it("stops in the middle of a large body", async () => {
    const root = await newDirectory();
    const store = new FileStore({ root });
    const controller = new AbortController();
    const write = jest.spyOn(handles, "write").mockImplementation(() => {
      controller.abort("enough");
      return Promise.resolve({ bytesWritten: 16_777_216, buffer: "" });
    });
    const written = store.write("x", Buffer.alloc(20_000_000), { signal: controller.signal });
    await expect(written).rejects.toThrow(storageError({ code: "ABORTED", cause: "enough", operation: "write" }));
    expect(write).toHaveBeenCalledTimes(1);
    expect(await treeOf(root)).toEqual(["%tmp"]);
  });

  it("leaves nothing when it was aborted after the last byte", async () => {
    const root = await newDirectory();
    const store = new FileStore({ root });
    const controller = new AbortController();
    jest.spyOn(handles, "sync").mockImplementation(() => {
      controller.abort("enough");
      return Promise.resolve();
    });
    const aborted = storageError({ code: "ABORTED", cause: "enough", operation: "write", store: "file", path: "x" });
    await expect(store.write("x", "1", { signal: controller.signal })).rejects.toThrow(aborted);
    expect(await treeOf(root)).toEqual(["%tmp"]);
  });

  it("closes the file that it was reading", async () => {
    const root = await newDirectory();
    const store = new FileStore({ root, fsync: false });
    await store.write("x", Buffer.alloc(1_000_000));
    const controller = new AbortController();
    const opened = jest.spyOn(fs, "open");
    const result = await store.read("x", { signal: controller.signal });
    const handle = (await opened.mock.results[0]!.value) as FileHandle;
    const close = jest.spyOn(handle, "close");
    const closing = once(handle as unknown as EventEmitter, "close");
    await expect(
      (async () => {
        for await (const chunk of result) controller.abort(chunk.byteLength);
      })(),
    ).rejects.toThrow(storageError({ code: "ABORTED" }));
    await closing;
    await close.mock.results[0]!.value;
    expect(openBelow(root)).toEqual([]);
  });
});

describe("open files", () => {
  it("are not closed under a read", async () => {
    const store = new FileStore({ root: await newDirectory(), fsync: false });
    await store.write("x", Buffer.alloc(1_000_000));
    const opened = jest.spyOn(fs, "open");
    const chunks = (await store.read("x"))[Symbol.asyncIterator]();
    const handle = (await opened.mock.results[0]!.value) as FileHandle;
    const close = jest.spyOn(handle, "close");
    let answer: (result: { bytesRead: number; buffer: Buffer }) => void = () => undefined;
    jest.spyOn(handles, "read").mockReturnValue(new Promise((resolve) => (answer = resolve)));
    const next = chunks.next();
    const returned = chunks.return!();
    await new Promise(setImmediate);
    expect(close).not.toHaveBeenCalled();
    answer({ bytesRead: 1_000_000, buffer: Buffer.alloc(0) });
    await Promise.all([next, returned]);
    expect(close).toHaveBeenCalledTimes(1);
  });

  it("are closed after every use", async () => {
    const root = await newDirectory();
    const store = new FileStore({ root });
    const large = Buffer.alloc(1_000_000, "large");
    for (let i = 0; i < 20; i++) {
      await store.write(`d/${i}`, i % 2 === 0 ? large : "small");
      await store.copy(`d/${i}`, `e/${i}`);
      await (await store.read(`d/${i}`)).bytes();
      await (await store.read(`d/${i}`)).cancel();
      const begun = (await store.read(`d/${i}`))[Symbol.asyncIterator]();
      await begun.return!();
      const partly = await store.read(`d/${i}`, { offset: 1 });
      for await (const chunk of partly) if (chunk.byteLength > 0) break;
      await partly.cancel();
      await expect(store.read("missing")).rejects.toThrow(storageError({ code: "NOT_FOUND" }));
      for await (const { path } of store.list("")) if (path !== "") break;
    }
    expect(openBelow(root)).toEqual([]);
  });

  it("are closed when reading or describing fails", async () => {
    const root = await newDirectory();
    const store = new FileStore({ root, fsync: false });
    await store.write("x", Buffer.alloc(1_000_000));
    jest.spyOn(handles, "stat").mockRejectedValueOnce(systemError("EIO"));
    await expect(store.read("x")).rejects.toThrow(storageError({ code: "UNAVAILABLE" }));
    jest.spyOn(handles, "read").mockRejectedValue(systemError("EIO"));
    await expect(store.read("x", { length: 5 })).rejects.toThrow(storageError({ code: "UNAVAILABLE" }));
    await expect((await store.read("x")).bytes()).rejects.toThrow(
      storageError({ code: "UNAVAILABLE", operation: "read", store: "file", path: "x" }),
    );
    expect(openBelow(root)).toEqual([]);
  });
});
