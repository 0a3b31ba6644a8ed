import type { StorageEvent } from "../../../../src/observe/event.js";
import { FailoverStore } from "../../../../src/store/compose/failover/failover-store.js";
import type { FailoverStoreOptions } from "../../../../src/store/compose/failover/options.js";
import type { ReplicaErrors } from "../../../../src/store/compose/replicas/replica-errors.js";
import { MemoryStore } from "../../../../src/store/drivers/memory-store.js";
import type { Store } from "../../../../src/store/store.js";
import { FakeClock } from "../../../../src/testing/index.js";
import { failureOf } from "../../../support/failure.js";
import { turn } from "../../../support/turn.js";
import { pathsOf, textOf } from "../../drivers/file/file-roots.js";
import { CopyStore, putAll, threeCopies } from "../copy-store.js";

function failover(options: Partial<FailoverStoreOptions> = {}) {
  const copies = threeCopies();
  const events: StorageEvent[] = [];
  const store = new FailoverStore({ stores: copies, observer: (event) => void events.push(event), ...options });
  return { ...copies, copies, store, events };
}

async function* chunks(count: number, size: number, fail?: Error): AsyncGenerator<Uint8Array, void, undefined> {
  for (let i = 0; i < count; i++) yield await Promise.resolve(Buffer.alloc(size, 65 + i));
  if (fail !== undefined) throw fail;
}

describe("FailoverStore writes", () => {
  it("writes to the first store, and says which it was", async () => {
    const { a, b, store } = failover();
    expect(await store.write("x", "content")).toMatchObject({ path: "x", size: 7, replica: "a" });
    expect([a.count("write"), b.calls]).toEqual([1, []]);
  });

  it.each(["UNAVAILABLE", "THROTTLED", "TIMEOUT", "USAGE_LIMIT", "INSUFFICIENT_STORAGE", "PERMISSION_DENIED"] as const)(
    "writes to the next store when the first says %s",
    async (code) => {
      const { a, b, store, events } = failover();
      a.fails = code;
      expect(await store.write("x", chunks(3, 10))).toMatchObject({ size: 30, replica: "b" });
      expect((await b.stat("x"))?.size).toBe(30);
      const told = code === "USAGE_LIMIT" ? "replica_skip" : "replica_failure";
      expect(events).toMatchObject([{ operation: told, replica: "a", code, during: "write" }]);
    },
  );

  it("takes an answer for an answer, and asks no further", async () => {
    for (const code of ["ALREADY_EXISTS", "PRECONDITION_FAILED", "INVALID_PATH", "UNSUPPORTED"] as const) {
      const { a, b, store } = failover();
      a.fails = code;
      await expect(store.write("x", "content")).rejects.toMatchObject({ code, operation: "write", path: "x" });
      expect(b.calls).toEqual([]);
    }
  });

  it("says what every store said when none takes it", async () => {
    const { a, b, c, store } = failover();
    a.fails = b.fails = c.fails = "USAGE_LIMIT";
    expect(await failureOf(store.write("x", "content"))).toMatchObject({ code: "USAGE_LIMIT", operation: "write" });
    b.fails = "TIMEOUT";
    const error = await failureOf(store.write("x", "content"));
    expect(error).toMatchObject({ code: "UNAVAILABLE", retryable: true });
    expect((error.cause as ReplicaErrors).replicas).toEqual({ a: "USAGE_LIMIT", b: "TIMEOUT", c: "USAGE_LIMIT" });
  });

  it("hands a stream beyond maxBufferSize to another store only as long as nothing of it is lost", async () => {
    const { a, b, store } = failover({ maxBufferSize: 25 });
    a.fails = "UNAVAILABLE"; // before it reads anything
    expect(await store.write("x", chunks(9, 10))).toMatchObject({ size: 90, replica: "b" });
    expect(await textOf(b, "x")).toBe("ABCDEFGHI".replace(/./g, (letter) => letter.repeat(10)));

    a.fails = undefined;
    jest.spyOn(a.disk, "write").mockImplementation(async (_, body) => {
      for await (const chunk of body as AsyncIterable<Uint8Array>) if (chunk[0] === 70) break; // the sixth
      throw Object.assign(new Error("reset"), { code: "ECONNRESET" });
    });
    b.calls.length = 0;
    const error = await failureOf(store.write("x", chunks(9, 10)));
    expect(error).toMatchObject({ code: "UNAVAILABLE", operation: "write", path: "x" });
    expect((error.cause as ReplicaErrors).replicas).toEqual({ a: "UNEXPECTED" });
    expect(b.calls).toEqual([]);
  });

  it.each([{}, { maxBufferSize: 15 }])("takes a source that fails for what it is: %j", async (options) => {
    const { b, store } = failover(options);
    const failure = new Error("the source broke");
    const error = await failureOf(store.write("x", chunks(5, 10, failure)));
    expect(error).toMatchObject({ code: "UNEXPECTED", cause: failure, operation: "write", path: "x" });
    const wrong = failureOf(store.write("x", chunks(5, 10), { size: 49 }));
    expect(await wrong).toMatchObject({ code: "INTEGRITY", operation: "write", path: "x" });
    expect(b.calls).toEqual([]);
    expect(await pathsOf(store)).toEqual([]);
  });

  it("closes the source of a write that no store takes", async () => {
    for (const maxBufferSize of [15, 1000]) {
      const { a, b, c, store } = failover({ maxBufferSize });
      a.fails = b.fails = c.fails = "UNAVAILABLE";
      const source = chunks(5, 10);
      await expect(store.write("x", source)).rejects.toMatchObject({ code: "UNAVAILABLE" });
      expect(await source.next()).toEqual({ done: true, value: undefined });
    }
  });

  it("waits no longer than attemptTimeout for a store to take what it holds", async () => {
    const clock = new FakeClock();
    const { a, store } = failover({ clock, attemptTimeout: 100 });
    a.fails = "hang";
    const writing = store.write("x", "content");
    await clock.advance(100);
    expect(await writing).toMatchObject({ replica: "b" });
    expect(clock.pending).toBe(0);
  });

  it("is ABORTED when the caller gives up, and writes nowhere else", async () => {
    const { a, b, store } = failover();
    a.fails = "hang";
    const controller = new AbortController();
    const writing = failureOf(store.write("x", "content", { signal: controller.signal }));
    await turn();
    controller.abort("enough");
    expect(await writing).toMatchObject({ code: "ABORTED", cause: "enough", operation: "write", path: "x" });
    expect(b.calls).toEqual([]);
  });
});

describe("FailoverStore deletes", () => {
  it("deletes every copy, wherever the locator says they are", async () => {
    const { a, b, c, copies, store } = failover({ locator: () => Promise.resolve(["a"]) });
    await putAll(Object.values(copies), "x", "content");
    await store.delete("x");
    for (const copy of [a, b, c]) expect(await copy.stat("x")).toBeUndefined();
  });

  it("fails when one copy stays, says which, and can be called again", async () => {
    const { a, b, c, copies, store } = failover();
    await putAll(Object.values(copies), "x", "content");
    b.fails = "TIMEOUT";
    const error = await failureOf(store.delete("x"));
    expect(error).toMatchObject({ code: "UNAVAILABLE", retryable: true, operation: "delete", path: "x" });
    expect((error.cause as ReplicaErrors).replicas).toEqual({ b: "TIMEOUT" });
    expect([await a.stat("x"), await c.stat("x")]).toEqual([undefined, undefined]);
    b.fails = undefined;
    await store.delete("x");
    expect(await store.stat("x")).toBeUndefined();
  });

  it("is USAGE_LIMIT only if every store said so", async () => {
    const { a, b, c, store } = failover();
    a.fails = b.fails = "USAGE_LIMIT";
    expect((await failureOf(store.delete("x"))).code).toBe("UNAVAILABLE");
    c.fails = "USAGE_LIMIT";
    expect((await failureOf(store.delete("x"))).code).toBe("USAGE_LIMIT");
  });

  it("is ABORTED when the caller gives up, though a store hangs", async () => {
    const { a, store } = failover();
    a.fails = "hang";
    const controller = new AbortController();
    const deleting = failureOf(store.delete("x", { signal: controller.signal }));
    await turn();
    controller.abort("enough");
    expect(await deleting).toMatchObject({ code: "ABORTED", cause: "enough" });
  });
});

describe("FailoverStore lists", () => {
  it("merges all stores: sorted, each path once, as the first store describes it", async () => {
    const { a, b, c, store } = failover();
    for (const path of ["b", "d"]) await a.write(path, "from a");
    for (const path of ["a", "d", "😀"]) await b.write(path, "b");
    for (const path of ["d", "e", "\uff5e"]) await c.write(path, "c");
    expect(await pathsOf(store)).toEqual(["a", "b", "d", "e", "\uff5e", "😀"]);
    const sizes: number[] = [];
    for await (const { size } of store.list("", { startAfter: "a", limit: 2 })) sizes.push(size);
    expect(sizes).toEqual([6, 6]);
    expect([a.listing, b.listing, c.listing]).toEqual([0, 0, 0]);
  });

  it("is never incomplete without saying so: one store that fails, fails it", async () => {
    const { a, b, store } = failover();
    await a.write("x", "content");
    b.fails = "TIMEOUT";
    const error = await failureOf(pathsOf(store));
    expect(error).toMatchObject({ code: "UNAVAILABLE", operation: "list" });
    expect((error.cause as ReplicaErrors).replicas).toEqual({ b: "TIMEOUT" });
    await turn();
    expect(a.listing).toBe(0);
  });

  it("waits for no store that hangs longer than it may, and ends when the caller does", async () => {
    const clock = new FakeClock();
    const { a, b, store } = failover({ clock, attemptTimeout: 100 });
    b.fails = "hang";
    const listing = failureOf(pathsOf(store));
    await clock.advance(100);
    expect(((await listing).cause as ReplicaErrors).replicas).toEqual({ b: "TIMEOUT" });
    expect([a.listing, clock.pending]).toEqual([0, 0]);
    const controller = new AbortController();
    const aborted = failureOf(
      (async () => {
        for await (const info of store.list("", { signal: controller.signal })) expect(info).toBeUndefined();
      })(),
    );
    await turn();
    controller.abort("enough");
    expect(await aborted).toMatchObject({ code: "ABORTED", cause: "enough", operation: "list" });
  });

  it("gives every listing back when it is left early", async () => {
    const { copies, store } = failover();
    await putAll(Object.values(copies), "x", "content");
    for await (const { path } of store.list("")) {
      expect(path).toBe("x");
      break;
    }
    expect(Object.values(copies).map(({ listing }) => listing)).toEqual([0, 0, 0]);
  });
});

describe("FailoverStore copies", () => {
  it("inside the first store, where the object is there", async () => {
    const { a, store } = failover();
    await putAll([a], "from", "content");
    expect(await store.copy("from", "to")).toMatchObject({ path: "to", size: 7, replica: "a" });
    expect(a.calls).toEqual(["copy"]);
  });

  it("to the first store, where it is elsewhere: an older target there would hide the copy", async () => {
    const { a, b, store } = failover();
    await b.write("from", "new", { contentType: "text/csv", metadata: { owner: "me" } });
    await a.write("to", "old");
    expect(await store.copy("from", "to")).toMatchObject({ path: "to", replica: "a" });
    expect(await textOf(store, "to")).toBe("new");
    expect(await store.stat("to")).toMatchObject({ contentType: "text/csv", metadata: { owner: "me" } });
    expect(b.open).toBe(0);
  });

  it.each([0, 1000])("to the next store, when the first is away (maxBufferSize %i)", async (maxBufferSize) => {
    const { a, b, c, store } = failover({ maxBufferSize });
    await putAll([a, c], "from", "content");
    a.fails = "UNAVAILABLE";
    expect(await store.copy("from", "to")).toMatchObject({ path: "to", replica: "b" });
    expect(await textOf(b, "to")).toBe("content");
  });

  it("names itself in its errors, whatever it is made of", async () => {
    for (const maxBufferSize of [0, 1000]) {
      const { a, b, c, store } = failover({ maxBufferSize });
      expect(await failureOf(store.copy("from", "to"))).toMatchObject({ code: "NOT_FOUND", operation: "copy" });
      await putAll([b], "from", "x".repeat(3000));
      a.failsAt = { copy: "UNAVAILABLE", read: "UNAVAILABLE" };
      b.body = { fault: "break", at: 2000 };
      expect(await failureOf(store.copy("from", "to"))).toMatchObject({ code: "UNAVAILABLE", operation: "copy" });
      b.body = undefined;
      a.failsAt = b.failsAt = c.failsAt = { copy: "UNAVAILABLE", write: "UNAVAILABLE" };
      const error = await failureOf(store.copy("from", "to"));
      expect(error).toMatchObject({ code: "UNAVAILABLE", operation: "copy", path: "to" });
      expect([a.open, b.open, c.open]).toEqual([0, 0, 0]);
    }
  });
});

describe("FailoverStore", () => {
  it("can do what all of its stores can, within the smallest of their limits", () => {
    const limited = new CopyStore(new MemoryStore(), { rangeRead: false, maxObjectSize: 100, maxPathLength: 50 });
    const smaller = new CopyStore(new MemoryStore(), { metadata: false, maxObjectSize: 90 });
    const { capability } = new FailoverStore({ stores: { a: limited, b: smaller } });
    expect(capability).toEqual({
      ...new MemoryStore().capability,
      rangeRead: false,
      metadata: false,
      maxObjectSize: 90,
      maxPathLength: 50,
      // No two stores take part in one atomic step.
      ifNoneMatch: false,
      ifMatch: false,
      deleteIfMatch: false,
    });
    expect(new FailoverStore({ stores: { only: new MemoryStore() } }).capability.ifMatch).toBe(true);
  });

  it("refuses a stream over the smallest limit, though its size was not known", async () => {
    const small = new CopyStore(new MemoryStore(), { maxObjectSize: 25 });
    for (const maxBufferSize of [0, 1000]) {
      const store = new FailoverStore({ stores: { a: new CopyStore(), small }, maxBufferSize });
      await expect(store.write("x", chunks(3, 10))).rejects.toMatchObject({ code: "LIMIT_EXCEEDED", path: "x" });
    }
  });

  it("presigns where the object is", async () => {
    const url = (name: string): Store => {
      const store = new CopyStore(new MemoryStore(), { presign: true });
      store.presign = (path, { method }) => Promise.resolve(`${method} ${name}/${path}`);
      return store;
    };
    const [a, b] = [url("a"), url("b")];
    const store = new FailoverStore({ stores: { a, b } });
    await b.write("x", "content");
    expect(await store.presign("x", { method: "GET", expiresIn: 60 })).toBe("GET b/x");
    expect(await store.presign("none", { method: "GET", expiresIn: 60 })).toBe("GET a/none");
    expect(await store.presign("x", { method: "PUT", expiresIn: 60 })).toBe("PUT a/x");
    const options = { method: "GET", expiresIn: 604_801 } as const;
    await expect(store.presign("x", options)).rejects.toMatchObject({ code: "CONFIG_INVALID" });
  });

  it("routes what all of its stores route", () => {
    const routing = (...schemes: string[]): Store =>
      Object.assign(new MemoryStore(), { routes: (scheme: string) => schemes.includes(scheme) });
    const store = new FailoverStore({ stores: { a: routing("s3", "gs"), b: routing("s3") } });
    expect([store.routes("s3"), store.routes("gs"), store.routes("file")]).toEqual([true, false, false]);
  });

  it("closes every store, also when one of them can't", async () => {
    const { a, b, c, store } = failover();
    const failure = new Error("stuck");
    a.before = () => {
      throw failure;
    };
    await expect(store.close()).rejects.toMatchObject({ code: "UNEXPECTED", operation: "close", cause: failure });
    expect([b.calls, c.calls]).toEqual([["close"], ["close"]]);
  });

  it.each<[string, Record<string, unknown>]>([
    ["stores", { stores: {} }],
    ["stores", { stores: undefined }],
    ["stores.a", { stores: { a: {} } }],
    ["stores.a", { stores: { a: Object.create(new MemoryStore(), { capability: { value: null } }) as unknown } }],
    ["stores", { stores: { a: new MemoryStore(), ["__proto__"]: new MemoryStore() } }],
    ["locator", { locator: "a" }],
    ["locationCache", { locationCache: true }],
    ["locationCache", { locationCache: { ttl: 0 } }],
    ["broadcast.mode", { broadcast: { mode: "all" } }],
    ["broadcast.parallelism", { broadcast: { parallelism: 0 } }],
    ["degradedReads", { degradedReads: 1 }],
    ["attemptTimeout", { attemptTimeout: 0 }],
    ["maxBufferSize", { maxBufferSize: -1 }],
    ["clock", { clock: {} }],
    ["unknownOption", { unknownOption: 1 }],
  ])("names the option %s that is wrong", (name, wrong) => {
    const options = { stores: { a: new MemoryStore() }, ...wrong } as FailoverStoreOptions;
    const message = expect.stringContaining(name) as string;
    expect(() => new FailoverStore(options)).toThrow(
      expect.objectContaining({ code: "CONFIG_INVALID", message }) as Error,
    );
  });
});
