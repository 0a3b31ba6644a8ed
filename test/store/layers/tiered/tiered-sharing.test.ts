import { getEventListeners } from "node:events";
import { isStorageError, StorageError } from "../../../../src/errors/error.js";
import { TieredStore } from "../../../../src/store/layers/tiered/tiered-store.js";
import { MemoryStore } from "../../../../src/store/drivers/memory-store.js";
import { streamResult } from "../../../../src/store/read-result.js";
import type { ReadOptions, ReadResult } from "../../../../src/store/store.js";
import { failureOf } from "../../../support/failure.js";
import { HeldStore } from "../../../support/held-store.js";
import { TappedStore } from "../../../support/tapped-store.js";
import { turn } from "../../../support/turn.js";
import { storageError } from "../../storage-error.js";
import { textOf } from "./tiered-fixture.js";

const UNAVAILABLE = new StorageError("UNAVAILABLE", "The remote is down.", {
  operation: "read",
  store: "tapped",
  path: "a",
});

async function held(operation: "read" | "chunk" | "stat", validate: "immutable" | "always" = "immutable") {
  const remote = new HeldStore([operation]);
  await remote.inner.write("a", "content");
  return { remote, store: new TieredStore({ remote, validate }) };
}

/** Many readers at once. */
function crowd<T>(call: (reader: number) => Promise<T>, size = 100): Promise<T>[] {
  return Array.from({ length: size }, (_, reader) => call(reader));
}

describe("requests that callers of a TieredStore share", () => {
  it("answers 100 concurrent misses by one read of the remote", async () => {
    const { remote, store } = await held("read");
    const reads = crowd(() => textOf(store, "a"));
    await turn();
    expect(remote.held).toHaveLength(1);
    remote.held[0]!.release();
    expect(new Set(await Promise.all(reads))).toEqual(new Set(["content"]));
    expect(store.stats()).toMatchObject({ misses: 100, hits: 0, objects: 1 });
  });

  it("asks the remote once for 100 concurrent checks and stats: no storm of liveness checks", async () => {
    const { remote, store } = await held("stat", "always");
    await textOf(store, "a");
    const calls = crowd((i) => (i % 2 === 0 ? textOf(store, "a") : store.stat("a").then((info) => info?.path)));
    await turn();
    expect(remote.held).toHaveLength(1);
    remote.held[0]!.release();
    expect(new Set(await Promise.all(calls))).toEqual(new Set(["content", "a"]));
  });

  it("keeps objects apart", async () => {
    const { remote, store } = await held("read");
    await remote.inner.write("b", "other");
    const reads = [textOf(store, "a"), textOf(store, "b")];
    expect(remote.held.map(({ path }) => path)).toEqual(["a", "b"]);
    for (const call of remote.held) call.release();
    expect(await Promise.all(reads)).toEqual(["content", "other"]);
  });

  it("lets one waiter go alone: its abort is not the others' failure", async () => {
    for (const leaver of [0, 1]) {
      const { remote, store } = await held("read");
      const controller = new AbortController();
      const left = [0, 1, 2].filter((reader) => reader !== leaver);
      const reads = crowd((i) => store.read("a", i === leaver ? { signal: controller.signal } : {}), 3);
      const reason = new Error("had enough");
      controller.abort(reason);
      expect(await failureOf(reads[leaver]!)).toMatchObject({
        code: "ABORTED",
        operation: "read",
        path: "a",
        store: "tapped",
        cause: reason,
      });
      expect(remote.held[0]!.options.signal?.aborted).toBe(false);
      remote.held[0]!.release();
      for (const i of left) expect(Buffer.from(await (await reads[i]!).bytes()).toString()).toBe("content");
      expect(remote.held).toHaveLength(1);
    }
  });

  it.each(["read", "chunk", "stat"] as const)(
    "ends the %s for which nobody waits any more, and starts anew for who comes later",
    async (operation) => {
      const { remote, store } = await held(operation, "always");
      const call = async (signal?: AbortSignal): Promise<unknown> =>
        operation === "stat" ? (await store.stat("a", { signal }))?.path : (await store.read("a", { signal })).bytes();
      const controllers = [new AbortController(), new AbortController()];
      const calls = controllers.map(({ signal }) => failureOf(call(signal)));
      await remote.until(1);
      for (const [i, controller] of controllers.entries()) {
        expect(remote.held[0]!.options.signal?.aborted).toBe(false);
        controller.abort(i);
        expect(await calls[i]).toMatchObject({ code: "ABORTED", cause: i });
      }
      expect(remote.held[0]!.options.signal?.aborted).toBe(true);
      let done = false;
      const later = call().finally(() => {
        done = true;
      });
      await remote.until(2);
      // The first request ends late, and well: it is nobody's any more.
      remote.held[0]!.release();
      await turn();
      expect(store.stats().objects).toBe(0);
      let next = 1;
      while (!done) {
        await turn();
        for (; next < remote.held.length; next++) remote.held[next]!.release();
      }
      expect(await later).toEqual(operation === "stat" ? "a" : expect.anything());
    },
  );

  it("does not wait for who joins in the moment in which the last waiter leaves", async () => {
    const { remote, store } = await held("read");
    const controller = new AbortController();
    const first = failureOf(store.read("a", { signal: controller.signal }));
    controller.abort();
    const second = textOf(store, "a");
    expect((await first).code).toBe("ABORTED");
    expect(remote.held).toHaveLength(1);
    expect(remote.held[0]!.options.signal?.aborted).toBe(false);
    remote.held[0]!.release();
    expect(await second).toBe("content");
  });

  it("gives every waiter the error of the shared read", async () => {
    const { remote, store } = await held("read");
    const reads = crowd(() => failureOf(store.read("a")));
    await turn();
    remote.held[0]!.fail(UNAVAILABLE);
    for (const error of await Promise.all(reads)) {
      expect(error).toMatchObject({ code: "UNAVAILABLE", retryable: true, operation: "read", path: "a" });
    }
    // It is not remembered.
    const later = textOf(store, "a");
    await remote.until(2);
    remote.held[1]!.release();
    expect(await later).toBe("content");
  });

  it("names each waiter's own operation in the error of a shared check", async () => {
    const { remote, store } = await held("stat", "always");
    await textOf(store, "a");
    const calls = [failureOf(store.stat("a")), failureOf(store.read("a"))];
    const cause = new Error("no route");
    const details = { operation: "stat", store: "far", path: "a", cause };
    remote.held[0]!.fail(new StorageError("UNAVAILABLE", "The remote is down.", details));
    const [stat, read] = await Promise.all(calls);
    expect(stat).toMatchObject({ ...details, code: "UNAVAILABLE" });
    expect(read).toMatchObject({
      ...details,
      operation: "read",
      code: "UNAVAILABLE",
      message: expect.stringContaining("The remote is down.") as string,
    });
  });

  it("gives the caller's own deadline as it is", async () => {
    const { store } = await held("read");
    const controller = new AbortController();
    const read = failureOf(store.read("a", { signal: controller.signal }));
    const deadline = new StorageError("TIMEOUT", "The call took too long.", { operation: "hydrate" });
    controller.abort(deadline);
    expect(await read).toBe(deadline);
  });

  it("shares a read whose body breaks off as an error, and keeps nothing of it", async () => {
    class BreakingStore extends MemoryStore {
      reads = 0;
      override async read(path: string): Promise<ReadResult> {
        this.reads++;
        async function* chunks() {
          yield await Promise.resolve(Buffer.from("cont"));
          throw UNAVAILABLE;
        }
        return Promise.resolve(streamResult({ path, size: 7 }, chunks()));
      }
    }
    const remote = new BreakingStore();
    const store = new TieredStore({ remote });
    const errors = await Promise.all(crowd(() => failureOf(store.read("a"))));
    expect(errors.every((error) => isStorageError(error, "UNAVAILABLE"))).toBe(true);
    expect(remote.reads).toBe(1);
    expect(store.stats().objects).toBe(0);
  });
});

/** Bodies that nobody may hold: they say when they are freed. */
class LargeStore extends MemoryStore {
  readonly signals: (AbortSignal | undefined)[] = [];
  open = 0;
  hang = false;

  override async read(path: string, options: ReadOptions = {}): Promise<ReadResult> {
    await Promise.resolve();
    this.open++;
    this.signals.push(options.signal ?? undefined);
    let freed = false;
    const free = (): void => {
      if (!freed) this.open--;
      freed = true;
    };
    const chunks = (hang: boolean) =>
      (async function* () {
        try {
          for (let i = 0; i < 3; i++) yield await Promise.resolve(new Uint8Array(10).fill(i));
          if (hang) await new Promise<never>(() => undefined);
        } finally {
          free();
        }
      })();
    return streamResult({ path, size: 30 }, chunks(this.hang), free);
  }
}

describe("objects over the limit of a TieredStore", () => {
  const make = () => {
    const remote = new LargeStore();
    return { remote, store: new TieredStore({ remote, maxObjectSize: 29 }) };
  };

  it("gives one reader the shared body and lets the others read for themselves", async () => {
    const { remote, store } = make();
    const results = await Promise.all(crowd(() => store.read("a"), 5));
    expect(remote.signals).toHaveLength(5);
    for (const result of results) expect(await result.bytes()).toHaveLength(30);
    expect(remote.open).toBe(0);
  });

  it("needs one request for one reader", async () => {
    const { remote, store } = make();
    expect(await (await store.read("a")).bytes()).toHaveLength(30);
    expect(remote.signals).toHaveLength(1);
    expect(remote.open).toBe(0);
  });

  it("frees the body that is cancelled: unread, midway, at its end", async () => {
    const { remote, store } = make();
    await (await store.read("a")).cancel();
    expect(remote.open).toBe(0);
    const midway = await store.read("a");
    await midway[Symbol.asyncIterator]().next();
    await midway.cancel();
    expect(remote.open).toBe(0);
    for await (const chunk of await store.read("a")) {
      expect(chunk).toHaveLength(10);
      break;
    }
    expect(remote.open).toBe(0);
  });

  it("ends the request of a body that hangs when its reader aborts", async () => {
    const { remote, store } = make();
    remote.hang = true;
    const controller = new AbortController();
    const result = await store.read("a", { signal: controller.signal });
    const bytes = failureOf(result.bytes());
    await turn();
    controller.abort("enough");
    expect(await bytes).toMatchObject({ code: "ABORTED", operation: "read", path: "a", cause: "enough" });
    expect(remote.signals[0]?.aborted).toBe(true);
  });

  it("is not ended by who left before the body came", async () => {
    const { remote, store } = make();
    const controller = new AbortController();
    const leaver = failureOf(store.read("a", { signal: controller.signal }));
    const stayer = store.read("a");
    controller.abort();
    expect((await leaver).code).toBe("ABORTED");
    expect(await (await stayer).bytes()).toHaveLength(30);
    expect(remote.signals).toHaveLength(1);
    expect(remote.open).toBe(0);
  });

  it("frees the body when every reader has left, at whatever moment", async () => {
    for (let moment = 0; moment < 30; moment++) {
      const { remote, store } = make();
      const controller = new AbortController();
      const read = store.read("a", { signal: controller.signal }).then(
        (result) => result.cancel(),
        (error: unknown) => expect(error).toEqual(storageError({ code: "ABORTED" })),
      );
      for (let i = 0; i < moment; i++) await Promise.resolve();
      controller.abort();
      await read;
      await turn();
      expect(remote.open).toBe(0);
    }
  });

  it("leaves no listener at the signal of a reader who is done", async () => {
    const { store } = make();
    const { signal } = new AbortController();
    await (await store.read("a", { signal })).bytes();
    await (await store.read("a", { signal })).cancel();
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });
});

describe("a remote that does not heed signals", () => {
  /** Holds what the remote answers, and counts the bodies that are given up. */
  function unheeding(holds: "read" | "chunk") {
    let answer: () => void = () => undefined;
    let cancelled = 0;
    const held = new Promise<void>((resolve) => (answer = resolve));
    const remote = new TappedStore(async (call, proceed) => {
      if (call.operation === "cancel") cancelled++;
      const result = await proceed();
      if (call.operation === holds) await held;
      return result;
    });
    const store = new TieredStore({ remote });
    return { remote, store, answer: () => answer(), cancelled: () => cancelled };
  }

  it("has the body given back that comes when nobody waits for it", async () => {
    const { remote, store, answer, cancelled } = unheeding("read");
    await remote.inner.write("a", "content");
    const controller = new AbortController();
    const read = failureOf(store.read("a", { signal: controller.signal }));
    controller.abort();
    expect((await read).code).toBe("ABORTED");
    expect(cancelled()).toBe(0);
    answer();
    await turn();
    expect(cancelled()).toBe(1);
  });

  it("has the body given back that hangs when the last waiter leaves", async () => {
    const { remote, store, cancelled } = unheeding("chunk");
    await remote.inner.write("a", "content");
    const controller = new AbortController();
    const read = failureOf(store.read("a", { signal: controller.signal }));
    await turn();
    controller.abort();
    expect((await read).code).toBe("ABORTED");
    await turn();
    expect(cancelled()).toBe(1);
  });
});
