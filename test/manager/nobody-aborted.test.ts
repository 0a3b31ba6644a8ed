import { Readable } from "node:stream";
import {
  FailoverStore,
  MemoryStore,
  ReplicatedStore,
  RoutingStore,
  StorageError,
  StorageManager,
  TieredStore,
  withFeatures,
  withPrefix,
  withRetry,
  withTimeout,
  withUsageLimits,
  type KeyProvider,
  type ReferenceResolver,
  type Store,
} from "../../src/index.js";
import { ProvidedKeys } from "../../src/codecs/aes256gcm/encryption-keys.js";
import { FakeClock } from "../../src/testing/index.js";
import { failureOf } from "../support/failure.js";
import { longText } from "../support/payloads.js";
import { TappedStore, type StoreCall, type TappedOperation } from "../support/tapped-store.js";
import { turn } from "../support/turn.js";

// Only the caller's signal makes ABORTED. Where several things are done at once, the failure of one aborts the others, and
// so does a time limit: what those then say is nobody's answer.

const gaveUp = (): StorageError => new StorageError("ABORTED", "The store has heard the signal.");
const throttled = (): StorageError => new StorageError("THROTTLED", "Later.");

/** Hangs until the signal fires, and says then that it was aborted, as soon as anybody can. */
function hang(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, reject) => {
    const stop = (): void => reject(gaveUp());
    if (signal?.aborted) stop();
    signal?.addEventListener("abort", stop, { once: true });
  });
}

/** A store whose calls of one operation hang until their signal fires, but for the last of so many: that one fails. */
function failingStore(operation: TappedOperation, together: number, inner: Store = new MemoryStore()): Store {
  let come = 0;
  return new TappedStore((call: StoreCall, proceed) => {
    if (call.operation !== operation) return proceed();
    return ++come === together ? turn().then(() => Promise.reject(throttled())) : hang(call.options.signal);
  }, inner);
}

const texts = { a: longText("a"), b: longText("b"), c: longText("c") };
const streams = (): Record<string, Readable> =>
  Object.fromEntries(["a", "b", "c"].map((name) => [name, Readable.from([Buffer.alloc(6 << 20, name)])]));
const managerOf = (store: Store | undefined, timeout = 60_000): StorageManager =>
  new StorageManager({ store, timeout, pack: false });

async function drain(items: AsyncIterable<unknown>): Promise<void> {
  for await (const item of items) expect(item).toBeDefined();
}

/** A manager over what one with the same settings has stored, three objects of scope `s`. */
async function overStored(operation: TappedOperation, together: number): Promise<[StorageManager, unknown]> {
  const inner = new MemoryStore();
  const payload = await managerOf(inner).dehydrate(texts, { scope: "s" });
  return [managerOf(failingStore(operation, together, inner)), payload];
}

const failures: Record<string, () => Promise<unknown>> = {
  "dehydrate, of objects": () => managerOf(failingStore("write", 3)).dehydrate(texts),
  "dehydrate, of objects in a scope": () => managerOf(failingStore("write", 3)).dehydrate(texts, { scope: "s" }),
  "dehydrate, of streams": () => managerOf(failingStore("write", 3)).dehydrate(streams()),
  "dehydrate, of the copies of streams": () => managerOf(failingStore("copy", 3)).dehydrate(streams()),
  "hydrate, of objects": async () => {
    const [manager, payload] = await overStored("read", 3);
    return manager.hydrate(payload);
  },
  "hydrate, of bodies": async () => {
    const [manager, payload] = await overStored("chunk", 3);
    return manager.hydrate(payload);
  },
  "two hydrations that share reads": async () => {
    const [manager, payload] = await overStored("read", 3);
    const other = failureOf(manager.hydrate(payload));
    await failureOf(manager.hydrate(payload)).then(async (error) => expect((await other).code).toBe(error.code));
    throw await other;
  },
  release: async () => (await overStored("delete", 3))[0].release("s"),
  "a ReplicatedStore, of writes": () => {
    const stores = { a: failingStore("write", 1), b: failingStore("write", 1) };
    return new ReplicatedStore({ stores, acknowledge: "all" }).write("a", "x");
  },
};

it.each(Object.entries(failures))("%s: what failed is told, not what came of it", async (_, call) => {
  expect(await failureOf(call())).toMatchObject({ code: "THROTTLED", message: expect.any(String) as string });
});

const timeout = 20;
const stuck = (operation: TappedOperation, inner?: Store): Store => failingStore(operation, Infinity, inner);
const stored = async (): Promise<MemoryStore> => {
  const store = new MemoryStore();
  await store.write("a/1", "x");
  return store;
};

// The code is UNAVAILABLE where a composition says what became of all its stores.
const late: Record<string, () => Promise<unknown>> = {
  "a manager's dehydrate": () => managerOf(stuck("write"), timeout).dehydrate(texts),
  "a manager's dehydrate of streams": () => managerOf(stuck("write"), timeout).dehydrate(streams()),
  "a manager's hydrate": async () => {
    const inner = new MemoryStore();
    const payload = await managerOf(inner).dehydrate(texts);
    return managerOf(stuck("read", inner), timeout).hydrate(payload);
  },
  "a manager's open": async () => {
    const inner = new MemoryStore();
    const { film } = (await managerOf(inner).dehydrate({ film: streams()["a"] })) as { film: never };
    return managerOf(stuck("read", inner), timeout).open(film);
  },
  "a manager's readBlob": async () => managerOf(stuck("chunk", await stored()), timeout).readBlob("a/1"),
  "a manager's writeBlob": () => managerOf(stuck("write"), timeout).writeBlob("a/1", "x"),
  "a manager's list": async () => drain(managerOf(stuck("entry", await stored()), timeout).list("a/")),
  "a manager's release": async () => managerOf(stuck("entry"), timeout).release("s"),
  "withTimeout, of an answer": () => withTimeout(stuck("stat"), { timeout }).stat("a/1"),
  "withTimeout, of a body": async () =>
    (await withTimeout(stuck("chunk", await stored()), { timeout }).read("a/1")).bytes(),
  "a FailoverStore": () => new FailoverStore({ stores: { a: stuck("read") }, attemptTimeout: timeout }).read("a/1"),
  "a ReplicatedStore": () =>
    new ReplicatedStore({ stores: { a: stuck("write") }, attemptTimeout: timeout }).write("a", "x"),
};

it.each(Object.entries(late))("%s: a time limit is TIMEOUT, or UNAVAILABLE", async (_, call) => {
  const error = await failureOf(call());
  expect(["TIMEOUT", "UNAVAILABLE"]).toContain(error.code);
});

describe("of two who wait for the same, one gives up", () => {
  const waiting: Record<string, (store: Store, signal?: AbortSignal) => Promise<unknown>> = {
    "a TieredStore's read": (store, signal) => store.read("a/1", { signal }).then((result) => result.bytes()),
    "a TieredStore's stat": (store, signal) => store.stat("a/1", { signal }),
  };
  it.each(Object.entries(waiting))("%s: the other gets it", async (_, call) => {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const remote = new TappedStore(
      async ({ operation, options: { signal } }, proceed) => {
        if (operation === "read" || operation === "stat") await Promise.race([held, hang(signal)]);
        return proceed();
      },
      await stored(),
    );
    const tiered = new TieredStore({ remote, validate: "always" });
    const controller = new AbortController();
    const first = failureOf(call(tiered, controller.signal));
    const second = call(tiered);
    await turn();
    controller.abort(new Error("enough"));
    expect((await first).code).toBe("ABORTED");
    release();
    expect(await second).toBeDefined();
  });

  it("a hydration: the other gets it", async () => {
    const inner = new MemoryStore();
    const payload = await managerOf(inner).dehydrate(texts);
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const manager = managerOf(
      new TappedStore(async ({ operation, options: { signal } }, proceed) => {
        if (operation === "read") await Promise.race([held, hang(signal)]);
        return proceed();
      }, inner),
    );
    const controller = new AbortController();
    const first = failureOf(manager.hydrate(payload, { signal: controller.signal }));
    const second = manager.hydrate(payload);
    await turn();
    controller.abort();
    expect((await first).code).toBe("ABORTED");
    release();
    expect(await second).toEqual(texts);
  });
});

describe("a key provider", () => {
  const keysOf = (ask: (signal: AbortSignal) => Promise<never>): [ProvidedKeys, FakeClock] => {
    const clock = new FakeClock();
    const provider: KeyProvider = {
      generateDataKey: ({ signal }) => ask(signal),
      decryptDataKey: (__, { signal }) => ask(signal),
    };
    return [new ProvidedKeys(provider, 1000, clock), clock];
  };
  const wrapped = Buffer.alloc(32).toString("base64url");

  it.each<[string, (keys: ProvidedKeys) => unknown]>([
    ["generateDataKey", (keys) => keys.active()],
    ["decryptDataKey", (keys) => keys.find("k", wrapped)],
  ])("that is too late is TIMEOUT, whatever %s says of the signal", async (_, ask) => {
    const [keys, clock] = keysOf(hang);
    const failure = failureOf(Promise.resolve(ask(keys)));
    await turn();
    await clock.advance(30_000);
    expect((await failure).code).toBe("TIMEOUT");
  });

  it("that gives up though nobody aborted is UNEXPECTED", async () => {
    const [keys] = keysOf(() => Promise.reject(gaveUp()));
    expect(await failureOf(Promise.resolve(keys.active()))).toMatchObject({
      code: "UNEXPECTED",
      cause: { code: "ABORTED" },
    });
  });
});

describe("a store of a user's own that gives up though nobody aborted is UNEXPECTED", () => {
  const abortingStore = (operation: TappedOperation, inner?: Store): Store =>
    new TappedStore((call, proceed) => (call.operation === operation ? Promise.reject(gaveUp()) : proceed()), inner);
  const operations: readonly [
    TappedOperation,
    string,
    (manager: StorageManager, payload: never) => Promise<unknown>,
  ][] = [
    ["write", "dehydrate", (manager) => manager.dehydrate(texts)],
    ["write", "dehydrate of streams", (manager) => manager.dehydrate(streams())],
    ["copy", "dehydrate of streams", (manager) => manager.dehydrate(streams())],
    ["read", "hydrate", (manager, payload) => manager.hydrate(payload)],
    ["chunk", "hydrate", (manager, payload) => manager.hydrate(payload)],
    ["read", "open", (manager, payload) => manager.open(payload["a"])],
    ["chunk", "open", async (manager, payload) => (await manager.open(payload["a"])).bytes()],
    ["read", "open of a stream", (manager, payload) => manager.open(payload["film"])],
    ["chunk", "open of a stream", async (manager, payload) => (await manager.open(payload["film"])).bytes()],
    ["entry", "list", (manager) => drain(manager.list(""))],
    ["entry", "release", (manager) => manager.release("s")],
    ["delete", "release", (manager) => manager.release("s")],
    ["read", "readBlob", (manager) => manager.readBlob("a/1")],
    ["chunk", "readBlob", (manager) => manager.readBlob("a/1")],
    ["write", "writeBlob", (manager) => manager.writeBlob("a/1", "x")],
    ["delete", "delete", (manager) => manager.delete("a/1")],
    ["entry", "verifyPrefix", (manager) => manager.verifyPrefix("")],
    ["close", "close", (manager) => manager.close()],
  ];

  it.each(operations)("its %s, to %s", async (operation, _, call) => {
    const inner = await stored();
    const payload = await managerOf(inner).dehydrate({ ...texts, film: streams()["a"] }, { scope: "s" });
    const error = await failureOf(call(managerOf(abortingStore(operation, inner)), payload as never));
    expect(error).toMatchObject({ code: "UNEXPECTED", store: "tapped", cause: { code: "ABORTED" } });
  });

  it("among the problems that verify finds", async () => {
    const inner = new MemoryStore();
    const payload = await managerOf(inner).dehydrate(texts, { scope: "s" });
    const { problems } = await managerOf(abortingStore("read", inner)).verify(payload);
    expect(problems.map(({ error }) => error?.code)).toEqual(["UNEXPECTED", "UNEXPECTED", "UNEXPECTED"]);
  });

  it("is ABORTED where the caller has aborted", async () => {
    const controller = new AbortController();
    const reading = failureOf(managerOf(stuck("read")).readBlob("a/1", { signal: controller.signal }));
    await turn();
    controller.abort("enough");
    expect(await reading).toMatchObject({ code: "ABORTED", cause: "enough" });
  });

  it("as is a resolver", async () => {
    const resolver: ReferenceResolver = { key: "$bubuMine", resolve: () => Promise.reject(gaveUp()) };
    const manager = new StorageManager({ store: new MemoryStore(), resolvers: [resolver] });
    expect(await failureOf(manager.hydrate({ $bubuMine: 1 }))).toMatchObject({
      code: "UNEXPECTED",
      operation: "resolve",
    });
  });
});

describe("a composition over a store that hangs until it is told", () => {
  const compositions: Record<string, (store: Store) => Store> = {
    withPrefix: (store) => withPrefix(store, "base"),
    withRetry: (store) => withRetry(store, { baseDelay: 0 }),
    withFeatures: (store) => withFeatures(store),
    withUsageLimits: (store) => withUsageLimits(store, { requests: 1000 }),
    TieredStore: (store) => new TieredStore({ remote: store }),
    RoutingStore: (store) => new RoutingStore({ primary: store }),
    FailoverStore: (store) => new FailoverStore({ stores: { store } }),
    ReplicatedStore: (store) => new ReplicatedStore({ stores: { store } }),
  };

  it.each(Object.entries(compositions))("%s: the manager's time limit stays TIMEOUT", async (_, over) => {
    expect((await failureOf(managerOf(over(stuck("write")), timeout).dehydrate(texts))).code).toBe("TIMEOUT");
    expect((await failureOf(managerOf(over(stuck("read")), timeout).readBlob("a/1"))).code).toBe("TIMEOUT");
  });
});
