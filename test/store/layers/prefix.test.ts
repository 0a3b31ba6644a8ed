import { StorageError } from "../../../src/errors/error.js";
import { withPrefix } from "../../../src/store/layers/index.js";
import { MemoryStore } from "../../../src/store/drivers/memory-store.js";
import type { Store } from "../../../src/store/store.js";
import { FaultStore, storeConformance } from "../../../src/testing/index.js";
import { failureOf } from "../../support/failure.js";
import { RecordingStore } from "../../support/recording-store.js";
import { StuckStore } from "../../support/stuck-store.js";
import { pathsOf, textOf } from "../drivers/file/file-roots.js";
import { storageError } from "../storage-error.js";
import { LoopbackRouter } from "./loopback-router.js";

const OUTER = "tenants/42";

async function filled() {
  const memory = new MemoryStore();
  for (const path of ["tenants", OUTER, `${OUTER}/a`, `${OUTER}/a/b`, `${OUTER}/c`, `${OUTER}2/a`, "other"]) {
    await memory.write(path, path);
  }
  return { memory, store: withPrefix(memory, OUTER) };
}

async function listed(
  store: Store,
  prefix: string,
  options: { startAfter?: string; limit?: number },
): Promise<string[]> {
  const paths: string[] = [];
  for await (const { path } of store.list(prefix, options)) paths.push(path);
  return paths;
}

describe("withPrefix", () => {
  it("shows what lies below the prefix, and nothing else", async () => {
    const { store } = await filled();
    expect(await pathsOf(store)).toEqual(["a", "a/b", "c"]);
    expect(await pathsOf(store, "a/")).toEqual(["a/b"]);
    expect(await listed(store, "", { startAfter: "a", limit: 1 })).toEqual(["a/b"]);
    expect(await listed(store, "", { startAfter: "" })).toEqual(["a", "a/b", "c"]);
    expect(await textOf(store, "a")).toBe("tenants/42/a");
    expect(await store.stat("other")).toBeUndefined();
  });

  it("gives the caller's paths in all results", async () => {
    const { store, memory } = await filled();
    expect((await store.write("d/e", "new")).path).toBe("d/e");
    expect(await textOf(memory, "tenants/42/d/e")).toBe("new");
    expect((await store.stat("d/e"))?.path).toBe("d/e");
    expect((await store.read("d/e")).info.path).toBe("d/e");
    expect((await store.copy("d/e", "f")).path).toBe("f");
    expect(await textOf(memory, "tenants/42/f")).toBe("new");
    await store.delete("d/e");
    expect(await memory.stat("tenants/42/d/e")).toBeUndefined();
  });

  it("gives the caller's paths in all errors, also those of a body and of causes", async () => {
    const memory = new MemoryStore();
    await memory.write(`${OUTER}/a`, "content");
    const faulty = new FaultStore(memory, {
      faults: [{ on: "read", path: `${OUTER}/a`, fault: { truncate: 3, error: "UNAVAILABLE" } }],
    });
    const store = withPrefix(faulty, `${OUTER}/`);
    const errors = [
      await failureOf(store.read("missing")),
      await failureOf(store.copy("missing", "b")),
      await failureOf(store.write("a", "", { ifNoneMatch: "*" })),
      await failureOf(store.write("a", "", { ifMatch: '"x"' })),
      await failureOf(store.delete("a", { ifMatch: '"x"' })),
      await failureOf(store.write("a", "abc", { size: 5 })),
      await failureOf((await store.read("a")).bytes()),
      await failureOf(store.presign("a", { method: "GET", expiresIn: 1 })),
    ];
    expect(errors.map(({ code, path }) => [code, path])).toEqual([
      ["NOT_FOUND", "missing"],
      ["NOT_FOUND", "missing"],
      ["ALREADY_EXISTS", "a"],
      ["PRECONDITION_FAILED", "a"],
      ["PRECONDITION_FAILED", "a"],
      ["INTEGRITY", "a"],
      ["UNAVAILABLE", "a"],
      ["UNSUPPORTED", "a"],
    ]);
    for (const error of errors) {
      expect(error.store).toBe("memory");
      expect(`${error.message} ${JSON.stringify(error)}`).not.toContain("tenants");
    }
    const below = new RecordingStore(memory);
    const inner = new StorageError("UNAVAILABLE", "Down.", { path: `${OUTER}/a`, operation: "read", retryable: false });
    below.stat = () => Promise.reject(new StorageError("TIMEOUT", "Slow.", { path: `${OUTER}/a`, cause: inner }));
    expect(await failureOf(withPrefix(below, OUTER).stat("a"))).toMatchObject({
      path: "a",
      retryable: true,
      cause: { code: "UNAVAILABLE", path: "a", retryable: false, operation: "read" },
    });
  });

  it("hands on as they are errors of other paths", async () => {
    const errors = [new StorageError("TIMEOUT", "Slow."), new StorageError("TIMEOUT", "x", { path: "q" })];
    for (const error of errors) {
      const below = new RecordingStore();
      below.stat = () => Promise.reject(error);
      await expect(withPrefix(below, OUTER).stat("a")).rejects.toBe(error);
    }
  });

  it("says of what is no StorageError which path it was asked for", async () => {
    const below = new RecordingStore();
    const bug = new TypeError("a bug");
    below.stat = () => Promise.reject(bug);
    const failure = await failureOf(withPrefix(below, OUTER).stat("a"));
    expect(failure).toMatchObject({ code: "UNEXPECTED", operation: "stat", path: "a", cause: bug });
  });

  it("lets no path out", async () => {
    const { store } = await filled();
    for (const path of ["../43/a", "..", "a/../../b", "/other", "file:///other", "s3://bucket/a"]) {
      expect((await failureOf(store.read(path))).code).toBe("INVALID_PATH");
      expect((await failureOf(pathsOf(store, `${path}/`))).code).toBe("INVALID_PATH");
      expect((await failureOf(store.copy("a", path))).code).toBe("INVALID_PATH");
    }
  });

  it("presigns the path below, and hears of errors with its own", async () => {
    const below = new RecordingStore(undefined, { presign: true });
    below.presign = (path) => Promise.resolve(`https://example.org/${path}`);
    const store = withPrefix(below, OUTER);
    expect(await store.presign("a", { method: "GET", expiresIn: 60 })).toBe("https://example.org/tenants/42/a");
  });

  it("says how long a path may be, and takes one of just that length", async () => {
    const { store, memory } = await filled();
    const longest = 1024 - Buffer.byteLength(`${OUTER}/`);
    expect(store.capability.maxPathLength).toBe(longest);
    expect(Object.isFrozen(store.capability)).toBe(true);
    const path = "x".repeat(longest);
    await store.write(path, "content");
    expect(await textOf(memory, `${OUTER}/${path}`)).toBe("content");
    expect((await failureOf(store.write(`${path}x`, ""))).code).toBe("INVALID_PATH");
    const short = new RecordingStore(undefined, { maxPathLength: 50 });
    expect(withPrefix(short, OUTER).capability.maxPathLength).toBe(50 - 11);
    expect(await withPrefix(short, OUTER).capabilityOf!("a")).toEqual(withPrefix(short, OUTER).capability);
  });

  it("lists after and below a text that is longer than any path here, as it would any other", async () => {
    const { store } = await filled();
    const long = (begin: string): string => begin.padEnd(1024, "x");
    expect(await listed(store, "", { startAfter: long("a") })).toEqual(["c"]);
    expect(await listed(store, "", { startAfter: long("Z"), limit: 2 })).toEqual(["a", "a/b"]);
    expect(await listed(store, "", { startAfter: long("Z"), limit: 0 })).toEqual([]);
    expect(await listed(store, long("a"), {})).toEqual([]);
  });

  it("can be stacked", async () => {
    const memory = new MemoryStore();
    const store = withPrefix(withPrefix(memory, "a/b/"), "c");
    await store.write("d", "content");
    expect(await pathsOf(memory)).toEqual(["a/b/c/d"]);
    expect((await failureOf(store.read("e"))).path).toBe("e");
  });

  it("gives up a body under the caller's signal, and frees it", async () => {
    const { memory } = await filled();
    const stuck = new StuckStore(1, memory);
    const controller = new AbortController();
    const result = await withPrefix(stuck, OUTER).read("a", { signal: controller.signal });
    const failure = failureOf(result.bytes());
    await stuck.stuck;
    controller.abort("given up");
    expect(await failure).toMatchObject({ code: "ABORTED", cause: "given up", path: "a" });
    expect(stuck.cancelled).toBeGreaterThan(0);
  });

  it.each(["", "/", "a//b", "../a", "a/..", "/a", "a\\b", "x".repeat(1024), "s3://bucket/a", 5, null])(
    "refuses the prefix %j",
    (prefix) => {
      expect(() => withPrefix(new MemoryStore(), prefix as string)).toThrow(storageError({ code: "CONFIG_INVALID" }));
    },
  );
});

describe("withPrefix over a store that routes", () => {
  it("takes an absolute prefix", async () => {
    const router = new LoopbackRouter();
    const store = withPrefix(router, "mem://bucket/tenants/4%202");
    expect((await store.write("a b/ü%", "content")).path).toBe("a b/ü%");
    expect(await pathsOf(router.target)).toEqual(["tenants/4 2/a b/ü%"]);
    expect(await pathsOf(store)).toEqual(["a b/ü%"]);
    expect(await pathsOf(store, "a ")).toEqual(["a b/ü%"]);
    expect(await listed(store, "", { startAfter: "a b/ü" })).toEqual(["a b/ü%"]);
    expect(await textOf(store, "a b/ü%")).toBe("content");
    expect((await store.copy("a b/ü%", "c")).path).toBe("c");
    expect(await failureOf(store.read("missing"))).toMatchObject({ code: "NOT_FOUND", path: "missing" });
    expect(await pathsOf(router)).toEqual([]);
  });

  it("takes the whole of a container", async () => {
    const router = new LoopbackRouter();
    const store = withPrefix(router, "mem://bucket/");
    await store.write("a", "content");
    expect(await pathsOf(router.target)).toEqual(["a"]);
    expect(await pathsOf(store)).toEqual(["a"]);
    expect(store.capability.maxPathLength).toBe(1024);
  });

  it.each(["plain", "mem://bucket/absolute"])("refuses absolute paths, which would lead out of %s", async (prefix) => {
    const store = withPrefix(new LoopbackRouter(), prefix);
    expect(store.routes!("mem")).toBe(false);
    expect((await failureOf(store.read("mem://bucket/a"))).code).toBe("INVALID_PATH");
    expect((await failureOf(store.write("mem://bucket/a", ""))).code).toBe("INVALID_PATH");
  });

  it.each(["mem://bucket", "other://bucket/a", "mem://bucket/a//b", "mem://bucket/../a", "mem://u:p@host/a"])(
    "refuses the prefix %s",
    (prefix) => {
      expect(() => withPrefix(new LoopbackRouter(), prefix)).toThrow(storageError({ code: "CONFIG_INVALID" }));
    },
  );

  storeConformance(
    { describe, it },
    {
      name: "an absolute prefix",
      create: () => withPrefix(new LoopbackRouter(), "mem://bucket/a b"),
      largeObjectSize: 50_000,
    },
  );
});
