import { StorageError } from "../../../../src/errors/error.js";
import { RoutingStore } from "../../../../src/store/compose/routing/routing-store.js";
import { CallLayer } from "../../../../src/store/layers/call-layer.js";
import { FileStore } from "../../../../src/store/drivers/file/file-store.js";
import { MemoryStore } from "../../../../src/store/drivers/memory-store.js";
import type { Store } from "../../../../src/store/store.js";
import { failureOf } from "../../../support/failure.js";
import { RecordingStore } from "../../../support/recording-store.js";
import { TappedStore } from "../../../support/tapped-store.js";
import { storageError } from "../../storage-error.js";
import { pathsOf, textOf, useDirectories } from "../../drivers/file/file-roots.js";

const newDirectory = useDirectories();

/** A routing store over a primary and `mem`, all of whose containers are one store. */
function routing(options: object = {}) {
  const primary = new RecordingStore();
  const mem = new RecordingStore();
  return { primary, mem, store: new RoutingStore({ primary, schemes: { mem }, ...options }) };
}

class Layer extends CallLayer {
  static over(inner: Store): Layer {
    return new Layer(inner);
  }
}

describe("Paths of a routing store", () => {
  it("are the primary's where they are plain, and untouched", async () => {
    const { store, primary, mem } = routing();
    for (const path of ["a", "a%20b", "s3:x/y", "100%"]) {
      expect(await store.write(path, "1")).toMatchObject({ path });
      expect(await textOf(store, path)).toBe("1");
    }
    expect(await pathsOf(primary)).toEqual(["100%", "a", "a%20b", "s3:x/y"]);
    expect(mem.calls).toEqual([]);
  });

  it("are decoded where they are absolute", async () => {
    const { store, primary, mem } = routing();
    await store.write("mem://c/a%20b/%F0%9F%98%80/100%25", "1");
    expect(await pathsOf(mem)).toEqual(["a b/😀/100%"]);
    expect(await textOf(store, "mem://c/a b/😀/100%25")).toBe("1");
    expect(primary.calls).toEqual([]);
  });

  it("know no upper case in a scheme, but do in a container", async () => {
    const containers: string[] = [];
    const store = new RoutingStore({
      primary: new MemoryStore(),
      schemes: {
        MEM: ({ scheme, container }) => {
          containers.push(`${scheme}://${container}`);
          return new MemoryStore();
        },
      },
    });
    await store.write("Mem://c/a", "1");
    expect(await textOf(store, "mem://c/a")).toBe("1");
    expect(await store.stat("mem://C/a")).toBeUndefined();
    expect(containers).toEqual(["mem://c", "mem://C"]);
  });

  it.each([
    ["mem://c", "scheme"],
    ["mem://c/", "empty"],
    ["mem://c//a", "empty segment"],
    ["mem://c/../a", ".."],
    ["mem://c/%2e%2e/a", ".."],
    ["mem://c/a%2Fb", "slash"],
    ["mem://c/a%5Cb", "backslash"],
    ["mem://c/%zz", "escape"],
    ["mem://c/a%00", "control"],
    ["mem://user:s3cr3t@c/a", "password"],
    ["mem://c%2F/a", "container"],
    ["mem://../a", "container"],
    [`mem://c/${"x".repeat(1025)}`, "1024"],
    ["file://user:s3cr3t@host/a", "password"], // nor is it told that the scheme is unknown
  ])("are refused before any I/O: %s", async (path, problem) => {
    const { store, primary, mem } = routing();
    const calls = [
      store.write(path, "1"),
      store.read(path),
      store.stat(path),
      store.delete(path),
      store.copy(path, "a"),
      store.copy("a", path),
      store.presign(path, { method: "GET", expiresIn: 1 }),
      store.capabilityOf(path),
    ];
    for (const error of await Promise.all(calls.map(failureOf))) {
      expect(error).toMatchObject({ code: "INVALID_PATH", store: "routing" });
      expect(error.message).toContain(problem);
      expect(JSON.stringify(error) + error.message).not.toContain("s3cr3t");
    }
    expect([...primary.calls, ...mem.calls]).toEqual([]);
  });

  it("are refused in a copy before the store of the other one is opened", async () => {
    const open = jest.fn(() => new MemoryStore());
    const store = new RoutingStore({ primary: new MemoryStore(), schemes: { mem: open } });
    for (const path of ["", "../a", "mem://c/", undefined as unknown as string]) {
      expect(await failureOf(store.copy(path, "mem://c/a"))).toMatchObject({ code: "INVALID_PATH", operation: "copy" });
      expect(await failureOf(store.copy("mem://c/a", path))).toMatchObject({ code: "INVALID_PATH", operation: "copy" });
    }
    expect(open).not.toHaveBeenCalled();
  });

  it("come back in results as they were given", async () => {
    const { store } = routing();
    const path = "MEM://c/a b%21";
    expect((await store.write(path, "1", { contentType: "a/b", metadata: { k: "v" } })).path).toBe(path);
    const result = await store.read(path);
    expect(result.info).toMatchObject({ path, size: 1, contentType: "a/b", metadata: { k: "v" } });
    expect(await store.stat(path)).toMatchObject({ path, contentType: "a/b" });
    await result.cancel();
    expect((await store.copy(path, "mem://d/B")).path).toBe("mem://d/B");
    await store.delete(path);
    expect(await store.stat(path)).toBeUndefined();
  });

  it("come back in errors as they were given, beside the store that they lead to", async () => {
    const { store, mem } = routing();
    const path = "MEM://c/a b";
    const memory = { store: "memory", path, code: "NOT_FOUND" };
    expect(await failureOf(store.read(path))).toMatchObject({ ...memory, operation: "read" });
    expect(await failureOf(store.copy(path, "mem://c/b"))).toMatchObject({ ...memory, operation: "copy" });
    expect(await failureOf(store.copy(path, "plain"))).toMatchObject({ ...memory, operation: "copy" });
    expect(await failureOf(store.write(path, "1", { ifMatch: "x" }))).toMatchObject({
      code: "PRECONDITION_FAILED",
      operation: "write",
      path,
    });
    await mem.write("a b", "content");
    const result = await store.read(path);
    await result.bytes();
    expect(await failureOf(result.bytes())).toMatchObject({ path, operation: "read", store: "memory" });
    expect(() => result[Symbol.asyncIterator]()).toThrow(storageError({ path, store: "memory" }));
  });

  it("come back in the errors of a body that breaks off, whose code, cause and retryable stay", async () => {
    const cause = new Error("reset");
    const details = { operation: "read", store: "x", path: "a", cause, retryable: false };
    const mem = new TappedStore(async (call, proceed) => {
      if (call.operation === "chunk") throw new StorageError("UNAVAILABLE", "Broke off.", details);
      return proceed();
    });
    await mem.write("a", "content");
    const store = new RoutingStore({ primary: new MemoryStore(), schemes: { mem } });
    const expected = {
      code: "UNAVAILABLE",
      message: expect.stringContaining("Broke off.") as string,
      ...details,
      path: "mem://c/a",
    };
    expect(await failureOf((await store.read("mem://c/a")).bytes())).toMatchObject(expected);
    const iterator = (await store.read("mem://c/a"))[Symbol.asyncIterator]();
    expect(await failureOf(iterator.next())).toMatchObject(expected);
  });
});

describe("A routing store with an unknown scheme", () => {
  it("says UNKNOWN_SCHEME and which ones are known, where Flyte's goes to the primary without a word", async () => {
    const { store, primary, mem } = routing({ aliases: { memory: "mem", dangling: "nothing" } });
    const path = "s3cr3t://c/a";
    const calls = [
      store.write(path, "1"),
      store.read(path),
      store.stat(path),
      store.delete(path),
      store.copy(path, "a"),
      store.copy("a", path),
      store.presign(path, { method: "GET", expiresIn: 1 }),
      store.capabilityOf(path),
      store.list(path)[Symbol.asyncIterator]().next(),
      store.read("dangling://c/a").catch((error: unknown) => {
        throw Object.assign(error as Error, { path });
      }),
    ];
    for (const error of await Promise.all(calls.map(failureOf))) {
      expect(error).toMatchObject({ code: "UNKNOWN_SCHEME", path, store: "routing", retryable: false });
      expect(error.message).toContain("abfs");
      expect(error.message).toMatch(/: .*gcs, gs, mem, memory, s3\. \[[^:]*\]$|: .*\bmem, memory, s3\. \[[^:]*\]$/);
      expect(error.message).not.toMatch(/s3cr3t|dangling/);
    }
    expect([...primary.calls, ...mem.calls]).toEqual([]);
    expect(store.routes("s3cr3t")).toBe(false);
    expect(store.routes("dangling")).toBe(false);
  });

  it('goes to the primary where onUnknownScheme is "primary": the path behind the container, which is not looked at', async () => {
    const { store, primary } = routing({ onUnknownScheme: "primary" });
    expect(await store.write("minio://any/a%20b", "1")).toMatchObject({ path: "minio://any/a%20b" });
    expect(await pathsOf(primary)).toEqual(["a b"]);
    expect(await textOf(store, "other://else/a b")).toBe("1");
    expect(await pathsOf(store, "minio://any/")).toEqual(["minio://any/a%20b"]);
    expect(store.routes("anything")).toBe(true);
    await store.write("mem://c/b", "2");
    expect(await pathsOf(primary)).toEqual(["a b"]);
  });
});

describe("primaryScheme", () => {
  it("gives the primary the absolute paths of a scheme", async () => {
    const { store, primary } = routing({ primaryScheme: "File" });
    await store.write("file:///a", "1");
    await store.write("file://host/b", "2");
    expect(await pathsOf(primary)).toEqual(["a", "b"]);
    expect(store.routes("FILE")).toBe(true);
    expect(await pathsOf(store, "file:///")).toEqual(["file:///a", "file:///b"]);
    // One store, so nothing is streamed.
    await store.copy("a", "file:///c");
    expect(primary.paths("copy")).toEqual(["c"]);
    expect(primary.paths("read")).toEqual([]);
  });

  it("gives the primary those of one container alone", async () => {
    const { store, primary, mem } = routing({ primaryScheme: "MEM://payloads" });
    await store.write("mem://payloads/a", "1");
    await store.write("mem://other/a", "2");
    expect(await pathsOf(primary)).toEqual(["a"]);
    expect(await pathsOf(mem)).toEqual(["a"]);
    const strict = new RoutingStore({ primary, primaryScheme: "x://c" });
    expect(await textOf(strict, "x://c/a")).toBe("1");
    expect(await failureOf(strict.read("x://other/a"))).toMatchObject({ code: "UNKNOWN_SCHEME" });
  });

  it("may be an alias", async () => {
    const { store, primary } = routing({ primaryScheme: "gcs://bucket" });
    await store.write("gs://bucket/a", "1");
    expect(await textOf(store, "gcs://bucket/a")).toBe("1");
    expect(await pathsOf(primary)).toEqual(["a"]);
  });
});

describe("Aliases", () => {
  it("lead where their scheme leads, also those of aliases, and factories hear the scheme", async () => {
    const opened: object[] = [];
    const abfss = (target: object) => {
      opened.push(target);
      return new MemoryStore();
    };
    const store = new RoutingStore({ primary: new MemoryStore(), schemes: { abfss }, aliases: { Blob: "ABFS" } });
    await store.write("abfs://c@account.dfs.core.windows.net/a", "1");
    for (const scheme of ["abfss", "blob", "BLOB"]) {
      expect(await textOf(store, `${scheme}://c@account.dfs.core.windows.net/a`)).toBe("1");
    }
    expect(opened).toEqual([{ scheme: "abfss", container: "c@account.dfs.core.windows.net" }]);
    for (const scheme of ["abfs", "abfss", "blob", "gs", "gcs", "s3"]) expect(store.routes(scheme)).toBe(true);
  });

  it("give way to a scheme of the same name", async () => {
    const { store, mem } = routing({ schemes: { gcs: new MemoryStore(), abfs: new MemoryStore() } });
    await store.write("gcs://c/a", "1");
    expect(await store.stat("abfs://c/a")).toBeUndefined();
    expect(mem.calls).toEqual([]);
  });
});

describe("A listing of a routing store", () => {
  const NAMES = ["a!b", "a b", "a/b", "a/ü", "a0", "ab", "b%", "é"];

  it("has absolute paths below an absolute prefix, in the order of the paths behind the container", async () => {
    const { store, mem } = routing();
    for (const name of NAMES) await mem.write(name, "");
    const absolute = (name: string) => `mem://c/${name.split("/").map(encodeURIComponent).join("/")}`;
    const sorted = [...NAMES].sort((x, y) => Buffer.compare(Buffer.from(x), Buffer.from(y)));
    expect(await pathsOf(store, "mem://c/")).toEqual(sorted.map(absolute));
    expect(await pathsOf(store, "MEM://c/a%20")).toEqual(["mem://c/a%20b"]);
    expect(await pathsOf(store, "mem://c/a/")).toEqual(["mem://c/a/b", "mem://c/a/%C3%BC"]);
    for await (const info of store.list("mem://c/a")) expect(await store.stat(info.path)).toEqual(info);
  });

  it("begins after a path of the same container, however that is written", async () => {
    const { store, mem } = routing({ aliases: { m: "mem" } });
    for (const name of NAMES) await mem.write(name, "");
    const page: string[] = [];
    const options = { startAfter: "M://c/a%30", limit: 2 };
    for await (const { path } of store.list("mem://c/", options)) page.push(path);
    expect(page).toEqual(["mem://c/ab", "mem://c/b%25"]);
  });

  it.each([
    ["mem://c/", "mem://d/a"],
    ["mem://c/", "MEM://C/a"],
    ["mem://c/", "a"],
    ["mem://c/", "s3://c/a"],
    ["", "mem://c/a"],
  ])("of %j refuses to begin after %j", async (prefix, startAfter) => {
    const { store, primary, mem } = routing();
    const error = await failureOf(store.list(prefix, { startAfter })[Symbol.asyncIterator]().next());
    expect(error).toMatchObject({ code: "CONFIG_INVALID", operation: "list", store: "routing" });
    expect(error.message).toContain("startAfter");
    expect([...primary.calls, ...mem.calls]).toEqual([]);
  });

  it.each(["mem://c", "mem://c/../", "mem://c//", "mem://c/a%2F", "mem://c/%", "mem://c/\0", "mem://u:p@c/"])(
    "refuses the prefix %j",
    async (prefix) => {
      const { store, mem } = routing();
      const call = store.list(prefix)[Symbol.asyncIterator]().next();
      expect(await failureOf(call)).toMatchObject({ code: "INVALID_PATH", operation: "list", store: "routing" });
      expect(mem.calls).toEqual([]);
    },
  );

  it("that is left early leaves that of the store behind", async () => {
    const { store, mem } = routing();
    for (const name of NAMES) await mem.write(name, "");
    for await (const { path } of store.list("mem://c/")) {
      expect(path).toBe("mem://c/a%20b");
      break;
    }
    expect(mem.paths("return")).toHaveLength(1);
  });
});

describe("The capability of a routing store", () => {
  it("is the primary's; that of a path is the target's", async () => {
    const file = new FileStore({ root: await newDirectory() });
    const store = new RoutingStore({ primary: file, schemes: { mem: new MemoryStore() } });
    expect(store.capability).toBe(file.capability);
    expect(await store.capabilityOf("a")).toEqual(file.capability);
    expect(await store.capabilityOf("mem://c/a")).toEqual(new MemoryStore().capability);
    // So what the target can't do is refused by the target, not by the primary.
    await expect(store.write("mem://c/a", "1", { contentType: "a/b" })).resolves.toMatchObject({ contentType: "a/b" });
    const error = await failureOf(store.write("a", "1", { contentType: "a/b" }));
    expect(error).toMatchObject({ code: "UNSUPPORTED", store: "file" });
    expect(Object.isFrozen(await store.capabilityOf("mem://c/a"))).toBe(true);
  });

  it("is found through routing stores and layers", async () => {
    const file = new FileStore({ root: await newDirectory() });
    const inner = new RoutingStore({ primary: file, primaryScheme: "file", schemes: { mem: new MemoryStore() } });
    const layer = Layer.over(new RoutingStore({ primary: new MemoryStore(), schemes: { x: Layer.over(inner) } }));
    expect((await layer.capabilityOf("x://c/a")).contentType).toBe(false);
    expect((await layer.capabilityOf("a")).contentType).toBe(true);
    expect(layer.routes("x")).toBe(true);
    expect(layer.routes("file")).toBe(false);
  });
});

describe("presign of a routing store", () => {
  it("is the target's", async () => {
    const presigned: unknown[] = [];
    class Presigning extends TappedStore {
      override presign(path: string, options: unknown): Promise<string> {
        presigned.push([path, options]);
        return Promise.resolve("https://signed");
      }
    }
    const mem = new Presigning((_, proceed) => proceed(), new MemoryStore(), { presign: true });
    const store = new RoutingStore({ primary: new MemoryStore(), schemes: { mem } });
    const options = { method: "GET", expiresIn: 5 } as const;
    expect(await store.presign("mem://c/a%20b", options)).toBe("https://signed");
    expect(presigned).toEqual([["a b", options]]);
    expect(await failureOf(store.presign("a", options))).toMatchObject({ code: "UNSUPPORTED", path: "a" });
  });

  it("is refused under the path that was given", async () => {
    const { store } = routing();
    const error = await failureOf(store.presign("mem://c/a", { method: "GET", expiresIn: 5 }));
    expect(error).toMatchObject({ code: "UNSUPPORTED", operation: "presign", path: "mem://c/a" });
  });
});
