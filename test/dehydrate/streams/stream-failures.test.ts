import { getEventListeners } from "node:events";
import { StorageManager } from "../../../src/manager/storage-manager.js";
import type { DehydrateOptions } from "../../../src/configure/options.js";
import { StorageError } from "../../../src/errors/error.js";
import { MemoryStore } from "../../../src/store/drivers/memory-store.js";
import { FaultStore } from "../../../src/testing/index.js";
import { failureOf } from "../../support/failure.js";
import { HeldStore } from "../../support/held-store.js";
import { longText } from "../../support/payloads.js";
import { objectsOf } from "../../support/stored.js";
import { someBytes, WatchedStream } from "../../support/stream-sources.js";
import { StuckStore } from "../../support/stuck-store.js";
import { TappedStore, type TappedOperation } from "../../support/tapped-store.js";
import { turn } from "../../support/turn.js";

const HEAD = 5_242_880;
const LONG = someBytes(HEAD + 500_000);
const SCOPES: [string, DehydrateOptions][] = [
  ["a fresh scope", {}],
  ["a user's scope", { scope: "s" }],
];

/** Resolves when the store is empty, as it is to be in the end; a store that stays as it is fails the test by its time. */
async function expectEmptyInTheEnd(store: MemoryStore): Promise<void> {
  while ((await objectsOf(store)).size > 0) await turn();
  expect(await objectsOf(store)).toEqual(new Map());
}

describe.each(SCOPES)("in %s", (_name, options) => {
  it.each([0, 1, 100_000, HEAD, HEAD + 1, LONG.byteLength])(
    "a stream that fails after %d bytes leaves nothing, and closes the others",
    async (size) => {
      const cause = new Error("the socket broke");
      const failing = new WatchedStream(LONG.subarray(0, size), cause);
      const others = Array.from({ length: 20 }, () => new WatchedStream(LONG, "hang"));
      const store = new MemoryStore();
      const manager = new StorageManager({ store, concurrency: 3 });
      const error = await failureOf(manager.dehydrate({ failing, others, text: longText("a") }, options));
      expect(error).toMatchObject({ code: "UNEXPECTED", operation: "dehydrate", cause });
      expect(error.message).toContain("$.failing");
      expect(failing.closed).toBe(0); // it has ended by itself
      await turn();
      expect(others.map(({ closed }) => closed)).toEqual(others.map(() => 1));
      expect(await objectsOf(store)).toEqual(new Map());
    },
  );

  it.each<[TappedOperation, number]>([
    ["write", 0],
    ["copy", 0],
  ])("a store whose %s fails leaves nothing, and the stream is closed", async (operation) => {
    const failure = new StorageError("INSUFFICIENT_STORAGE", "The disk is full.");
    const inner = new MemoryStore();
    const store = new TappedStore(
      (call, proceed) => (call.operation === operation ? Promise.reject(failure) : proceed()),
      inner,
    );
    const stream = new WatchedStream(LONG);
    expect(await failureOf(new StorageManager({ store }).dehydrate({ stream }, options))).toBe(failure);
    expect(stream.closed).toBe(operation === "write" ? 1 : 0);
    expect(await objectsOf(inner)).toEqual(new Map());
  });

  it.each(["write", "copy"] as const)("a %s that failed only after it was done leaves nothing", async (operation) => {
    const inner = new MemoryStore();
    const faults = [{ on: operation, times: 1, fault: { lostAcknowledgement: true } as const }];
    const store = new FaultStore(inner, { seed: 1, faults });
    const error = await failureOf(
      new StorageManager({ store }).dehydrate({ stream: new WatchedStream(LONG) }, options),
    );
    expect(store.injected).toHaveLength(1);
    expect(error.retryable).toBe(true);
    const left = [...(await objectsOf(inner)).keys()];
    // What is at the place of its content in a user's scope may be referenced by an earlier attempt.
    expect(left).toHaveLength(operation === "copy" && options.scope !== undefined ? 1 : 0);
    expect(left.filter((path) => path.endsWith(".part"))).toEqual([]);
  });

  it("an abort at any call of the store leaves no temporary object, and closes the stream", async () => {
    for (let step = 0; step < 3; step++) {
      const inner = new MemoryStore();
      const store = new StuckStore(step, inner);
      const stream = new WatchedStream(LONG);
      const controller = new AbortController();
      const call = new StorageManager({ store }).dehydrate({ stream }, { ...options, signal: controller.signal });
      const settled = call.catch((error: unknown) => error);
      const { operation } = await store.stuck;
      controller.abort("enough");
      expect(await settled).toMatchObject({ code: "ABORTED", cause: "enough" });
      expect(getEventListeners(controller.signal, "abort")).toEqual([]);
      store.finish();
      // What was copied before the abort stays in a user's scope.
      if (options.scope === undefined) await expectEmptyInTheEnd(inner);
      else while ([...(await objectsOf(inner)).keys()].some((path) => path.endsWith(".part"))) await turn();
      expect([operation, stream.given]).toEqual([["write", "copy", "delete"][step], LONG.byteLength]);
    }
  });

  it("a copy that hangs, whatever its signal says, leaves no temporary object", async () => {
    const inner = new MemoryStore();
    const store = new StuckStore(1, inner);
    const controller = new AbortController();
    const stream = new WatchedStream(LONG);
    const call = new StorageManager({ store }).dehydrate({ stream }, { ...options, signal: controller.signal });
    const settled = call.catch((error: unknown) => error);
    expect(await store.stuck).toMatchObject({ operation: "copy" });
    controller.abort("enough");
    expect(await settled).toMatchObject({ code: "ABORTED", cause: "enough" });
    while ([...(await objectsOf(inner)).keys()].some((path) => path.endsWith(".part"))) await turn();
    expect([...(await objectsOf(inner)).keys()].filter((path) => path.endsWith(".part"))).toEqual([]);
  });

  it.each([0, 1, HEAD, LONG.byteLength])(
    "an abort while a stream hangs after %d bytes leaves nothing",
    async (size) => {
      const store = new MemoryStore();
      const stream = new WatchedStream(LONG.subarray(0, size), "hang");
      const never = new WatchedStream(LONG, "hang");
      const controller = new AbortController();
      const manager = new StorageManager({ store, concurrency: 1 });
      const call = failureOf(manager.dehydrate({ stream, never }, { ...options, signal: controller.signal }));
      await stream.exhausted;
      controller.abort("enough");
      expect(await call).toMatchObject({ code: "ABORTED", cause: "enough" });
      await turn();
      expect([stream.closed, never.closed, never.given]).toEqual([1, 1, 0]);
      expect(await objectsOf(store)).toEqual(new Map());
    },
  );
});

describe("a timeout", () => {
  beforeEach(() => jest.useFakeTimers({ doNotFake: ["nextTick", "queueMicrotask", "setImmediate", "performance"] }));
  afterEach(() => jest.useRealTimers());

  it.each(SCOPES)("covers the whole stream, in %s: what was written is taken back, later", async (_name, options) => {
    const store = new HeldStore(["copy"]);
    const stream = new WatchedStream(LONG);
    const call = failureOf(new StorageManager({ store }).dehydrate({ stream }, { ...options, timeout: 500 }));
    await store.until(1);
    expect((await objectsOf(store.inner)).size).toBe(1);
    jest.advanceTimersByTime(500);
    expect(await call).toMatchObject({ code: "TIMEOUT", retryable: true });
    store.held[0]!.fail(new StorageError("ABORTED", "Given up."));
    while ((await objectsOf(store.inner)).size > 0) await turn();
    expect(jest.getTimerCount()).toBe(0);
  });
});

describe("a temporary object that can't be deleted", () => {
  it("is no reason to fail a call whose objects are durable, but observers are told", async () => {
    const inner = new MemoryStore();
    const failure = new StorageError("PERMISSION_DENIED", "No deletes.");
    const store = new TappedStore((call, proceed) => {
      if (call.operation === "delete") return Promise.reject(failure);
      return proceed();
    }, inner);
    const events: unknown[] = [];
    const manager = new StorageManager({ store, observer: (event) => events.push(event) });
    const reference = await manager.dehydrate(new WatchedStream(LONG), { scope: "s" });
    expect(Buffer.compare(await manager.hydrate<Uint8Array>(reference), LONG)).toBe(0);
    expect(events).toContainEqual(expect.objectContaining({ operation: "delete", code: "PERMISSION_DENIED" }));
    await new StorageManager({ store: inner }).release("s");
    expect(await objectsOf(inner)).toEqual(new Map());
  });
});

describe("a store that does not take the whole stream", () => {
  it.each([
    ["stops reading", 1_000],
    ["reads to the end, and keeps less", Infinity],
  ])("is no success when it %s", async (_name, taken) => {
    const inner = new MemoryStore();
    const write = inner.write.bind(inner);
    inner.write = async (path, body, options) => {
      let read = 0;
      for await (const chunk of body as AsyncIterable<Uint8Array>) if ((read += chunk.byteLength) >= taken) break;
      return write(path, "only a part", options);
    };
    const stream = new WatchedStream(LONG);
    const error = await failureOf(new StorageManager({ store: inner }).dehydrate({ stream }, { scope: "s" }));
    expect(error).toMatchObject({ code: "INTEGRITY", operation: "write" });
    expect(await objectsOf(inner)).toEqual(new Map());
  });

  it("hears that a stream can be read only once when it tries again by itself", async () => {
    const inner = new MemoryStore();
    const write = inner.write.bind(inner);
    inner.write = async (path, body, options) => {
      await write(path, body, options);
      return write(path, body, options);
    };
    const stream = new WatchedStream(LONG);
    const error = await failureOf(new StorageManager({ store: inner }).dehydrate({ stream }));
    expect(error).toMatchObject({ code: "UNEXPECTED" });
    expect(await objectsOf(inner)).toEqual(new Map());
  });
});

describe("a store that reads on, whatever happens", () => {
  /** Stores what it gets until the body fails or ends, does not heed its signal, and asks again after a failure. */
  function stubborn(inner: MemoryStore): MemoryStore {
    const write = inner.write.bind(inner);
    inner.write = async (path, body, options) => {
      const iterator = (body as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
      const chunks: Uint8Array[] = [];
      for (let failures = 0; failures < 2;) {
        try {
          const next = await iterator.next();
          if (next.done === true) break;
          chunks.push(next.value);
        } catch {
          failures++;
        }
      }
      return write(path, Buffer.concat(chunks), { ...options, size: undefined, digest: undefined, signal: undefined });
    };
    return inner;
  }

  it("can't make a whole of a stream that failed", async () => {
    const store = stubborn(new MemoryStore());
    const stream = new WatchedStream(LONG, new Error("broken"));
    const error = await failureOf(new StorageManager({ store }).dehydrate({ stream }, { scope: "s" }));
    expect(error.code).toBe("UNEXPECTED");
    expect(await objectsOf(store)).toEqual(new Map());
  });

  it.each(["native", "bubustack"] as const)("can't make a whole of one that was aborted (%s)", async (dialect) => {
    const store = stubborn(new MemoryStore());
    const stream = new WatchedStream(LONG, "hang");
    const other = new WatchedStream(new Uint8Array(0), "hang");
    const controller = new AbortController();
    const manager = new StorageManager({ store, dialect });
    const call = failureOf(manager.dehydrate([stream, other], { signal: controller.signal }));
    await stream.exhausted;
    controller.abort("enough");
    expect((await call).code).toBe("ABORTED");
    await expectEmptyInTheEnd(store);
    expect([stream.closed, other.closed]).toEqual([1, 1]);
  });
});

describe("under faults of the store", () => {
  it("a dehydration is whole or leaves nothing", async () => {
    const outcomes = { whole: 0, failed: 0 };
    for (let seed = 0; seed < 60; seed++) {
      const inner = new MemoryStore();
      const store = new FaultStore(inner, {
        seed,
        faults: [
          { on: ["write", "copy"], rate: 0.08, fault: { error: "UNAVAILABLE" } },
          { on: ["write", "copy"], rate: 0.08, fault: { lostAcknowledgement: true } },
          { on: "delete", rate: 0.1, fault: { lostAcknowledgement: true } },
        ],
      });
      const manager = new StorageManager({ store });
      const sizes = [LONG.byteLength, 2_600_000, 2_200_000]; // the last is held, and written as a whole
      const payload = {
        a: new WatchedStream(LONG),
        b: new Blob([LONG.subarray(0, sizes[1])]),
        c: new WatchedStream(LONG.subarray(0, sizes[2])),
      };
      const result: unknown = await manager.dehydrate(payload).catch((error: unknown) => error);
      const left = [...(await objectsOf(inner)).keys()];
      if (result instanceof StorageError) {
        outcomes.failed++;
        expect([seed, left]).toEqual([seed, []]);
      } else {
        outcomes.whole++;
        store.active = false;
        const { a, b, c } = await manager.hydrate<Record<string, Uint8Array>>(result);
        expect([a, b, c].map((bytes) => bytes!.byteLength)).toEqual(sizes);
        expect([seed, left.filter((path) => path.endsWith(".part"))]).toEqual([seed, []]);
      }
    }
    expect(Math.min(outcomes.whole, outcomes.failed)).toBeGreaterThan(5);
  });
});
