import { StorageManager } from "../../src/manager/storage-manager.js";
import { MemoryStore } from "../../src/store/drivers/memory-store.js";
import { StorageError } from "../../src/errors/error.js";
import { failureOf } from "../support/failure.js";
import { HeldStore } from "../support/held-store.js";
import { longText } from "../support/payloads.js";
import { objectsOf } from "../support/stored.js";
import { TappedStore } from "../support/tapped-store.js";
import { turn } from "../support/turn.js";

const payload = (count: number) => Array.from({ length: count }, (_, i) => longText(`text ${i} `));

describe("the first write that fails", () => {
  it("aborts the others, waits for them, and is what the call rejects with", async () => {
    const store = new HeldStore(["write"]);
    let ended = false;
    const call = failureOf(new StorageManager({ pack: false, store, concurrency: 3 }).dehydrate(payload(5)));
    void call.then(() => (ended = true));
    await store.until(3);
    const [first, second, third] = store.held;
    expect(first!.options.signal!.aborted).toBe(false);

    const failure = new StorageError("INSUFFICIENT_STORAGE", "The disk is full.");
    second!.fail(failure);
    await turn();
    expect([first, third].map((call) => call!.options.signal!.aborted)).toEqual([true, true]);
    first!.fail(new StorageError("UNAVAILABLE", "A later failure."));
    await turn();
    expect(ended).toBe(false); // the third is still on its way

    third!.release();
    expect(await call).toBe(failure);
    expect(store.held).toHaveLength(3); // no other was begun
  });

  it("is what the call rejects with also when it is aborted while another write hangs", async () => {
    const store = new HeldStore(["write"]);
    const controller = new AbortController();
    const call = failureOf(
      new StorageManager({ pack: false, store }).dehydrate(payload(2), { signal: controller.signal }),
    );
    await store.until(2);
    const failure = new StorageError("INSUFFICIENT_STORAGE", "The disk is full.");
    store.held[0]!.fail(failure);
    await turn();
    controller.abort("enough");
    expect(await call).toBe(failure);
    store.held[1]!.release();
  });

  it("leaves nothing of a fresh scope, also what came after it, and what may be there", async () => {
    const store = new HeldStore(["write"]);
    const call = failureOf(new StorageManager({ pack: false, store }).dehydrate(payload(4)));
    await store.until(4);
    const [done, failing, late, landed] = store.held;
    done!.release();
    await turn();
    await store.inner.write(landed!.path, "the write failed only after it was done");
    failing!.fail(new StorageError("UNAVAILABLE", "No answer."));
    await turn();
    landed!.fail(new StorageError("UNAVAILABLE", "No answer."));
    late!.release();
    expect(await call).toMatchObject({ code: "UNAVAILABLE", retryable: true });
    expect(await objectsOf(store.inner)).toEqual(new Map());
  });

  it("leaves in a user's scope what was written: it may be referenced from an earlier attempt", async () => {
    const store = new HeldStore(["write"]);
    const manager = new StorageManager({ pack: false, store, concurrency: 1 });
    const earlier = manager.dehydrate(payload(1), { scope: "run/1" });
    await store.until(1);
    store.held[0]!.release();
    const references = await earlier;

    const call = failureOf(manager.dehydrate(payload(2), { scope: "run/1" }));
    await store.until(2);
    store.held[1]!.release();
    await store.until(3);
    store.held[2]!.fail(new StorageError("UNAVAILABLE", "No answer."));
    expect((await call).code).toBe("UNAVAILABLE");
    await expect(manager.hydrate(references)).resolves.toEqual(payload(1));
  });

  it("is the failure of the call also when the deletes fail", async () => {
    const failure = new StorageError("PERMISSION_DENIED", "Read only.");
    const store = new TappedStore((call, proceed) => {
      if (call.operation === "delete") throw new Error("Deletes are forbidden, too.");
      return call.path.startsWith("outputs/") && call.operation === "write" ? Promise.reject(failure) : proceed();
    });
    expect(await failureOf(new StorageManager({ pack: false, store }).dehydrate(payload(2)))).toBe(failure);
  });

  it("is no failure of other calls of the same manager", async () => {
    const store = new HeldStore(["write"]);
    const manager = new StorageManager({ pack: false, store });
    const failing = failureOf(manager.dehydrate(longText("a")));
    const working = manager.dehydrate(longText("b"));
    await store.until(2);
    store.held[0]!.fail(new StorageError("THROTTLED", "Slow down."));
    expect((await failing).code).toBe("THROTTLED");
    expect(store.held[1]!.options.signal!.aborted).toBe(false);
    store.held[1]!.release();
    await expect(working).resolves.toHaveProperty("$storageRef");
  });

  it("of a stream in the payload ends the call before anything is written", async () => {
    const cause = new Error("The socket broke.");
    let closed = false;
    const broken = {
      async *[Symbol.asyncIterator]() {
        yield Buffer.from("a");
        await turn();
        throw cause;
      },
    };
    const endless = {
      async *[Symbol.asyncIterator]() {
        try {
          for (;;) {
            await turn();
            yield Buffer.from("b");
          }
        } finally {
          closed = true;
        }
      },
    };
    const store = new MemoryStore();
    const error = await failureOf(
      new StorageManager({ pack: false, store }).dehydrate([broken, endless, longText("a")]),
    );
    await turn();
    expect(error).toMatchObject({ code: "UNEXPECTED", cause });
    expect(closed).toBe(true);
    expect(await objectsOf(store)).toEqual(new Map());
  });

  it("of a stream that gives something else than bytes is UNSERIALIZABLE", async () => {
    const numbers = {
      async *[Symbol.asyncIterator]() {
        await turn();
        yield 7;
      },
    };
    const error = await failureOf(new StorageManager({ pack: false, store: new MemoryStore() }).dehydrate([numbers]));
    expect(error.code).toBe("UNSERIALIZABLE");
  });

  it("is no reason to close a stream that has ended", async () => {
    let closed = 0;
    const chunks = [Buffer.from("a")];
    const stream = {
      [Symbol.asyncIterator]: () => ({
        next: () => Promise.resolve({ done: chunks.length === 0, value: chunks.pop() }),
        return: () => Promise.resolve({ done: true as const, value: closed++ }),
      }),
    };
    await new StorageManager({ pack: false, store: new MemoryStore() }).dehydrate([stream]);
    expect([chunks.length, closed]).toEqual([0, 0]);
  });

  it("does not wait for a stream that hangs, once the call is aborted", async () => {
    let returned = false;
    const hanging = {
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise<IteratorResult<Uint8Array>>(() => undefined),
        return: () => {
          returned = true;
          return Promise.resolve({ done: true as const, value: undefined });
        },
      }),
    };
    const controller = new AbortController();
    const manager = new StorageManager({ pack: false, store: new MemoryStore() });
    const call = failureOf(manager.dehydrate([hanging], { signal: controller.signal }));
    await turn();
    controller.abort("enough");
    expect(await call).toMatchObject({ code: "ABORTED", cause: "enough" });
    expect(returned).toBe(true);
  });
});

describe("a store that throws anything", () => {
  const thrown = [new TypeError("x is undefined"), "a text", undefined, null, { code: "NOT_FOUND" }, 404];
  // Rejecting and throwing at once, as a store that is not async does.
  const ways = thrown.flatMap((error) => [
    {
      error,
      way: "rejects with",
      fail: async () => {
        await Promise.resolve();
        throw error as Error;
      },
    },
    {
      error,
      way: "throws",
      fail: () => {
        throw error as Error;
      },
    },
  ]);

  it.each(ways)("gives UNEXPECTED when it $way $error", async ({ error, fail }) => {
    const store = new TappedStore(fail);
    const manager = new StorageManager({ pack: false, store });
    const hydrated = { $bubuStorageRef: "outputs/s/a.json" };
    const calls = {
      write: () => manager.dehydrate(longText("a")),
      read: () => manager.hydrate(hydrated),
      open: () => manager.open(hydrated),
      binary: () => manager.open({ ...hydrated, $bubuStorageContentType: "image/png" }),
      writeBlob: () => manager.writeBlob("a", "b"),
      readBlob: () => manager.readBlob("a"),
      delete: () => manager.delete("a"),
      release: () => manager.release("a"),
      list: () => manager.list("a")[Symbol.asyncIterator]().next(),
      close: () => manager.close(),
    };
    for (const call of Object.values(calls)) {
      const failure = await failureOf(call());
      expect(failure).toMatchObject({ code: "UNEXPECTED", retryable: false, store: "tapped" });
      expect(failure.cause).toBe(error);
      expect(failure.operation).toEqual(expect.any(String));
    }
  });

  it("gives UNEXPECTED when a body breaks off", async () => {
    const cause = new Error("The connection was reset.");
    const inner = new MemoryStore();
    await inner.write("outputs/s/a.bin", "bytes");
    const store = new TappedStore(
      (call, proceed) => (call.operation === "chunk" ? Promise.reject(cause) : proceed()),
      inner,
    );
    const manager = new StorageManager({ pack: false, store });
    const reference = { $bubuStorageRef: "outputs/s/a.bin" };
    const opened = await manager.open(reference);
    for (const call of [manager.hydrate(reference), manager.readBlob("outputs/s/a.bin"), opened.bytes()].map(
      failureOf,
    )) {
      expect(await call).toMatchObject({ code: "UNEXPECTED", cause });
    }
  });

  it("hands on a StorageError as it is", async () => {
    const error = new StorageError("THROTTLED", "Slow down.", { operation: "x", store: "mine", path: "p" });
    const manager = new StorageManager({ pack: false, store: new TappedStore(() => Promise.reject(error)) });
    for (const call of [
      manager.dehydrate(longText("a")),
      manager.hydrate({ $bubuStorageRef: "outputs/s/a.json" }),
      manager.writeBlob("a", "b"),
      manager.readBlob("a"),
      manager.release("a"),
      manager.close(),
    ].map(failureOf)) {
      expect(await call).toBe(error);
    }
  });
});
