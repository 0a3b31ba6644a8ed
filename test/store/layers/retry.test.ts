import { getEventListeners } from "node:events";
import { StorageError, type StorageErrorCode } from "../../../src/errors/error.js";
import type { StorageEvent } from "../../../src/observe/event.js";
import { withRetry, withTimeout, type RetryOptions } from "../../../src/store/layers/index.js";
import { MemoryStore } from "../../../src/store/drivers/memory-store.js";
import type { ListOptions, Store } from "../../../src/store/store.js";
import { FakeClock, FaultStore, type FaultRule } from "../../../src/testing/index.js";
import { failureOf } from "../../support/failure.js";
import { HeldStore } from "../../support/held-store.js";
import { RecordingStore } from "../../support/recording-store.js";
import { StuckStore } from "../../support/stuck-store.js";
import { turn } from "../../support/turn.js";
import { pathsOf, textOf } from "../drivers/file/file-roots.js";
import { storageError } from "../storage-error.js";

const DOWN: FaultRule = { fault: { error: "UNAVAILABLE" } };

/** A retrying store over one that fails as the rules say; `random` is 1, so that every wait is the longest one. */
function retrying(faults: FaultRule[], options: RetryOptions = {}) {
  const clock = new FakeClock();
  const events: StorageEvent[] = [];
  const memory = new MemoryStore();
  const below = new RecordingStore(new FaultStore(memory, { seed: 1, faults }));
  const settings = { clock, random: () => 1, observer: (event: StorageEvent) => events.push(event), ...options };
  return { clock, events, memory, below, store: withRetry(below, settings) };
}

async function* chunks(...texts: string[]): AsyncGenerator<Uint8Array, void, undefined> {
  for (const text of texts) yield await Promise.resolve(Buffer.from(text));
}

describe("withRetry", () => {
  it("tries again what is retryable, and tells of it", async () => {
    const { store, clock, events, memory } = retrying([{ ...DOWN, on: "write", times: 2 }]);
    const write = store.write("a", "content");
    await clock.advance(300);
    expect((await write).size).toBe(7);
    expect(await textOf(memory, "a")).toBe("content");
    expect(events).toEqual([
      expect.objectContaining({ operation: "retry", during: "write", attempt: 1, code: "UNAVAILABLE", durationMs: 0 }),
      expect.objectContaining({ operation: "retry", during: "write", attempt: 2, outcome: "error", durationMs: 100 }),
    ]);
    expect(JSON.stringify(events)).not.toContain("content");
  });

  it.each<StorageErrorCode>([
    "NOT_FOUND",
    "PERMISSION_DENIED",
    "ALREADY_EXISTS",
    "INTEGRITY",
    "USAGE_LIMIT",
    "UNEXPECTED",
  ])("does not try %s again", async (code) => {
    const { store, clock, below, events } = retrying([{ fault: { error: code } }]);
    expect((await failureOf(store.stat("a"))).code).toBe(code);
    expect(below.calls).toHaveLength(1);
    expect([events.length, clock.pending]).toEqual([0, 0]);
  });

  it("goes by what the error says, not by its code", async () => {
    const held = new HeldStore(["stat"]);
    const clock = new FakeClock();
    const store = withRetry(held, { clock, random: () => 0 });
    const stat = store.stat("a");
    await held.until(1);
    held.held[0]!.fail(new StorageError("UNEXPECTED", "Odd.", { retryable: true }));
    await clock.advance(0);
    await held.until(2);
    const final = new StorageError("UNAVAILABLE", "For good.", { retryable: false });
    held.held[1]!.fail(final);
    await expect(stat).rejects.toBe(final);
    const unknown = store.stat("a");
    await held.until(3);
    held.held[2]!.fail(new TypeError("a bug"));
    await expect(unknown).rejects.toMatchObject({ code: "UNEXPECTED", cause: { message: "a bug" } });
  });

  it("hands on the last error after the last attempt", async () => {
    const { store, clock, below } = retrying([DOWN], { attempts: 3 });
    const failure = failureOf(store.read("a"));
    await clock.advance(10_000);
    expect(await failure).toMatchObject({ code: "UNAVAILABLE", operation: "read", path: "a" });
    expect(below.calls).toHaveLength(3);
    expect(clock.pending).toBe(0);
  });

  it("waits twice as long each time, up to maxDelay, times what random says", async () => {
    const seen: number[] = [];
    const { store, clock, events } = retrying([DOWN], {
      attempts: 6,
      baseDelay: 10,
      maxDelay: 50,
      random: () => 0.5,
      observer: () => seen.push(clock.now()),
    });
    const failure = failureOf(store.delete("a"));
    await clock.advance(1000);
    await failure;
    expect(events).toEqual([]);
    expect(seen).toEqual([0, 5, 15, 35, 60]);
  });

  it("starts no attempt after maxElapsed, and does not wait for one that it won't make", async () => {
    const { store, clock, below } = retrying([DOWN], { attempts: 100, maxElapsed: 350, baseDelay: 100, maxDelay: 100 });
    const failure = failureOf(store.stat("a"));
    await clock.advance(300);
    expect((await failure).code).toBe("UNAVAILABLE");
    expect(below.calls).toHaveLength(4); // at 0, 100, 200, 300: the next would be at 400
    expect(clock.pending).toBe(0);
  });

  it("counts the time of attempts", async () => {
    const slow: FaultRule = { fault: { delay: 1000 } };
    const clock = new FakeClock();
    const below = new RecordingStore(new FaultStore(new MemoryStore(), { faults: [slow, DOWN], clock }));
    const failure = failureOf(withRetry(below, { clock, maxElapsed: 999 }).stat("a"));
    await clock.advance(1000);
    expect((await failure).code).toBe("UNAVAILABLE");
    expect(below.calls).toHaveLength(1);
  });

  it("is interrupted in a backoff by an abort, at once", async () => {
    const { store, clock, below } = retrying([DOWN]);
    for (const call of [
      (options: ListOptions) => store.write("a", "b", options),
      (options: ListOptions) => store.read("a", options),
      (options: ListOptions) => store.stat("a", options),
      (options: ListOptions) => store.delete("a", options),
      (options: ListOptions) => store.copy("a", "b", options),
      (options: ListOptions) => store.list("a", options)[Symbol.asyncIterator]().next(),
    ]) {
      const controller = new AbortController();
      const failure = failureOf(call({ signal: controller.signal }) as Promise<unknown>);
      await turn();
      expect(clock.pending).toBe(1);
      controller.abort("given up");
      expect(await failure).toMatchObject({ code: "ABORTED", cause: "given up" });
      expect(clock.pending).toBe(0);
      expect(getEventListeners(controller.signal, "abort")).toEqual([]);
    }
    expect(below.calls.map(({ operation }) => operation)).toEqual([
      ...["write", "read", "stat", "delete", "copy", "entry", "return"],
    ]);
  });

  it("gives up an attempt that takes no notice of the signal, and throws away what it brings", async () => {
    const memory = new MemoryStore();
    await memory.write("a", "content");
    const stuck = new StuckStore(0, memory);
    const controller = new AbortController();
    const failure = failureOf(withRetry(stuck).read("a", { signal: controller.signal }));
    await stuck.stuck;
    controller.abort("given up");
    expect((await failure).code).toBe("ABORTED");
    stuck.finish();
    await turn();
    expect(stuck.cancelled).toBe(1);
  });

  describe("a write of a stream", () => {
    it("is tried again when nothing was read of it", async () => {
      const { store, clock, memory } = retrying([{ ...DOWN, on: "write", times: 1 }]);
      const write = store.write("a", chunks("con", "tent"));
      await clock.advance(100);
      await write;
      expect(await textOf(memory, "a")).toBe("content");
    });

    it("is not read by an attempt that was given up and comes to it late", async () => {
      // A store that takes no notice of signals.
      const memory = new MemoryStore();
      const deaf = new RecordingStore(memory);
      deaf.write = (path, body) => memory.write(path, body);
      const held = new HeldStore(["write"], deaf);
      const clock = new FakeClock();
      const store = withRetry(withTimeout(held, { timeout: 1000, clock }), { clock, random: () => 0 });
      let released = false;
      async function* source(): AsyncGenerator<Uint8Array, void, undefined> {
        yield Buffer.from("con");
        released = true;
        held.held[0]!.release();
        await turn();
        yield Buffer.from("te");
        yield Buffer.from("nt");
      }
      const write = store.write("a", source());
      await held.until(1);
      await clock.advance(1000);
      await held.until(2);
      held.held[1]!.release();
      expect((await write).size).toBe(7);
      expect([released, await textOf(memory, "a")]).toEqual([true, "content"]);
    });

    it("is not tried again when it was begun: the rest of it would be written as all", async () => {
      const { store, clock, memory, below } = retrying([
        { on: "write", when: "during", times: 1, fault: { error: "UNAVAILABLE" } },
      ]);
      expect((await failureOf(store.write("a", chunks("con", "tent")))).code).toBe("UNAVAILABLE");
      expect(clock.pending).toBe(0);
      expect(below.paths("write")).toEqual(["a"]);
      expect(await memory.stat("a")).toBeUndefined();
    });
  });

  describe("conditions after an attempt of which nobody knows", () => {
    const LOST: FaultRule = { times: 1, fault: { lostAcknowledgement: true } };

    it("a write-if-absent that meets its own object has succeeded", async () => {
      const { store, clock, memory } = retrying([LOST]);
      const options = { ifNoneMatch: "*", contentType: "text/plain", metadata: { owner: "me" } } as const;
      const write = store.write("a", "mine", options);
      await clock.advance(100);
      expect(await write).toEqual(await memory.stat("a"));
    });

    it.each([
      ["other bytes", "hers", {}],
      ["another length", "my own", {}],
      ["another content type", "mine", { contentType: "text/csv" }],
      ["other metadata", "mine", { metadata: { owner: "she" } }],
    ])("a write-if-absent that meets an object with %s has failed", async (_, body, attributes) => {
      const { store, clock, memory } = retrying([{ ...DOWN, times: 1, on: "write" }]);
      await memory.write("a", body, { contentType: "text/plain", metadata: { owner: "me" }, ...attributes });
      const options = { ifNoneMatch: "*", contentType: "text/plain", metadata: { owner: "me" } } as const;
      const failure = failureOf(store.write("a", "mine", options));
      await clock.advance(100);
      expect(await failure).toMatchObject({ code: "ALREADY_EXISTS", operation: "write", path: "a" });
      expect(await textOf(memory, "a")).toBe(body);
    });

    it("a write-if-absent that is refused the first time has failed, whatever is there", async () => {
      const { store, memory } = retrying([]);
      await memory.write("a", "mine");
      expect((await failureOf(store.write("a", "mine", { ifNoneMatch: "*" }))).code).toBe("ALREADY_EXISTS");
    });

    it("a write-if-unchanged that meets its own object has succeeded, one that meets another has failed", async () => {
      const { store, clock, memory } = retrying([{ on: "write", calls: [1, 3], fault: { lostAcknowledgement: true } }]);
      const { etag } = await memory.write("a", "old");
      const write = store.write("a", "new", { ifMatch: etag });
      await clock.advance(100);
      const written = await write;
      expect(written).toEqual(await memory.stat("a"));
      const failure = failureOf(store.write("a", "newer", { ifMatch: written.etag }));
      await turn();
      await memory.write("a", "another writer's");
      await clock.advance(100);
      expect((await failure).code).toBe("PRECONDITION_FAILED");
      expect(await textOf(memory, "a")).toBe("another writer's");
    });

    it("a delete-if-unchanged that finds nothing has succeeded, one that finds another version has failed", async () => {
      const { store, clock, memory } = retrying([
        { on: "delete", calls: [1, 3], fault: { lostAcknowledgement: true } },
      ]);
      const first = await memory.write("a", "first");
      const gone = store.delete("a", { ifMatch: first.etag });
      await clock.advance(100);
      await expect(gone).resolves.toBeUndefined();
      const second = await memory.write("a", "second");
      const failure = failureOf(store.delete("a", { ifMatch: second.etag }));
      await turn();
      await memory.write("a", "third");
      await clock.advance(100);
      expect((await failure).code).toBe("PRECONDITION_FAILED");
      expect(await textOf(memory, "a")).toBe("third");
    });

    it("a delete-if-unchanged of what is missing from the first fails", async () => {
      const { store } = retrying([]);
      expect((await failureOf(store.delete("a", { ifMatch: '"1"' }))).code).toBe("PRECONDITION_FAILED");
    });

    it("looks again at an object of which it saw only the beginning", async () => {
      const { store, clock, memory } = retrying([LOST, { on: "read", times: 1, fault: { truncate: 2 } }]);
      const write = store.write("a", "mine", { ifNoneMatch: "*" });
      await clock.advance(1000);
      expect(await write).toEqual(await memory.stat("a"));
    });

    it("takes no object for its own of which it saw only the same beginning", async () => {
      const { store, clock, memory } = retrying([
        { ...DOWN, on: "write", times: 1 },
        { on: "read", times: 1, fault: { truncate: 2 } },
      ]);
      await memory.write("a", "mist");
      const failure = failureOf(store.write("a", "mine", { ifNoneMatch: "*" }));
      await clock.advance(1000);
      expect((await failure).code).toBe("ALREADY_EXISTS");
    });

    it("stays unknown while the object can't be looked at", async () => {
      const { store, clock } = retrying([
        { ...LOST, on: "write" },
        { on: "read", fault: { error: "PERMISSION_DENIED" } },
      ]);
      const failure = failureOf(store.write("a", "mine", { ifNoneMatch: "*" }));
      await clock.advance(10_000);
      expect(await failure).toMatchObject({ code: "UNAVAILABLE", retryable: true, operation: "write" });
    });
  });

  describe("a listing", () => {
    async function filled(memory: Store): Promise<string[]> {
      const paths = ["a", "b", "c", "d", "e"];
      for (const path of paths) await memory.write(path, path);
      return paths;
    }

    it("goes on after the last path that it gave", async () => {
      const { store, clock, memory, events } = retrying([
        { on: "list", calls: [1, 2], fault: { partialList: 2, error: "UNAVAILABLE" } },
      ]);
      const paths = await filled(memory);
      const listed = pathsOf(store);
      await clock.advance(200);
      expect(await listed).toEqual(paths);
      // Each break is the first since progress was made.
      expect(events.map(({ attempt }) => attempt)).toEqual([1, 1]);
    });

    it("gives no more than its limit", async () => {
      const { store, clock, memory } = retrying([
        { on: "list", calls: [1], fault: { partialList: 2, error: "TIMEOUT" } },
      ]);
      await filled(memory);
      const paths: string[] = [];
      const listing = (async () => {
        for await (const { path } of store.list("", { limit: 3, startAfter: "a" })) paths.push(path);
      })();
      await clock.advance(100);
      await listing;
      expect(paths).toEqual(["b", "c", "d"]);
    });

    it("lists nothing with a limit of 0, and is done when the limit is reached as it breaks off", async () => {
      const { store, clock, memory } = retrying([{ on: "list", fault: { partialList: 2, error: "UNAVAILABLE" } }]);
      await filled(memory);
      const count = async (limit: number) => {
        let listed = 0;
        for await (const { size } of store.list("", { limit })) listed += size;
        return listed;
      };
      expect(await count(0)).toBe(0);
      const two = count(2);
      await clock.advance(100);
      expect(await two).toBe(2);
    });

    it("fails when it makes no progress", async () => {
      const { store, clock, memory } = retrying([{ on: "list", fault: { partialList: 0, error: "UNAVAILABLE" } }]);
      await filled(memory);
      const failure = failureOf(pathsOf(store));
      await clock.advance(10_000);
      expect(await failure).toMatchObject({ code: "UNAVAILABLE", operation: "list" });
    });

    it("closes the listing below when the reader has had enough", async () => {
      const { store, memory, below } = retrying([]);
      await filled(memory);
      for await (const { path } of store.list("")) {
        expect(path).toBe("a");
        break;
      }
      expect(below.calls.map(({ operation }) => operation)).toEqual(["entry", "return"]);
    });
  });

  it("copies and presigns in several attempts too", async () => {
    const { store, clock, memory } = retrying([{ on: ["copy", "stat"], times: 2, fault: { error: "THROTTLED" } }]);
    await memory.write("a", "content");
    const copy = store.copy("a", "b");
    await clock.advance(300);
    expect((await copy).path).toBe("b");
    expect(await failureOf(store.presign("a", { method: "GET", expiresIn: 60 }))).toMatchObject({
      code: "UNSUPPORTED",
    });
  });

  it("names every wrong option", () => {
    const options = {
      attempts: 0,
      maxElapsed: -1,
      baseDelay: NaN,
      maxDelay: Infinity,
      random: 1,
      clock: {},
      observer: 5,
      x: 1,
    };
    for (const name of Object.keys(options)) {
      const message = expect.stringContaining(name) as string;
      expect(() => withRetry(new MemoryStore(), options as never)).toThrow(
        storageError({ code: "CONFIG_INVALID", message }),
      );
    }
  });
});
