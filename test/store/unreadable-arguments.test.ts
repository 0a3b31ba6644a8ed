import {
  defineStore,
  FailoverStore,
  FileStore,
  isStorageError,
  MemoryStore,
  MigratingStore,
  ReplicatedStore,
  RoutingStore,
  TieredStore,
  withConcurrencyLimit,
  withFeatures,
  withPrefix,
  withRetry,
  type Store,
  type WriteOptions,
} from "../../src/index.js";
import { FaultStore } from "../../src/testing/index.js";
import { failureOf } from "../support/failure.js";

// Objects of users may be proxies of a framework, or have getters that throw. Their own error is not a StorageError, so
// it may only be the cause of one.

const broken = (): never => {
  throw new RangeError("of the user");
};
const traps = new Proxy({}, { get: () => broken });
const unreadable = (): object => new Proxy({}, traps);
const revoked = (): object => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
};
const withGetter = (name: string): object => Object.defineProperty({}, name, { get: broken, enumerable: true });

const stores: Record<string, (inner: Store) => Store> = {
  MemoryStore: (inner) => inner,
  FileStore: () => new FileStore({ root: "/nowhere/that/is/opened" }),
  defineStore: () =>
    defineStore({ name: "own", get: () => undefined, put: () => undefined, delete: () => undefined, keys: () => [] }),
  withPrefix: (inner) => withPrefix(inner, "below"),
  withRetry: (inner) => withRetry(inner, {}),
  withConcurrencyLimit: (inner) => withConcurrencyLimit(inner, { limit: 2 }),
  withFeatures: (inner) => withFeatures(inner, { loose: true }),
  RoutingStore: (inner) => new RoutingStore({ primary: inner }),
  TieredStore: (inner) => new TieredStore({ remote: inner }),
  FailoverStore: (inner) => new FailoverStore({ stores: { one: inner } }),
  ReplicatedStore: (inner) => new ReplicatedStore({ stores: { one: inner, other: new MemoryStore() } }),
  MigratingStore: (inner) => new MigratingStore({ from: inner, to: new MemoryStore(), phase: "move" }),
  FaultStore: (inner) => new FaultStore(inner, { faults: [] }),
};

const VERBS: Record<string, readonly [call: (store: Store, options: never) => unknown, names: readonly string[]]> = {
  write: [
    (store, options) => store.write("a", "x", options),
    ["signal", "size", "digest", "ifMatch", "ifNoneMatch", "metadata", "contentType"],
  ],
  read: [(store, options) => store.read("a", options), ["signal", "offset", "length"]],
  stat: [(store, options) => store.stat("a", options), ["signal"]],
  delete: [(store, options) => store.delete("a", options), ["signal", "ifMatch"]],
  list: [(store, options) => store.list("", options)[Symbol.asyncIterator]().next(), ["signal", "limit", "startAfter"]],
  copy: [(store, options) => store.copy("a", "b", options), ["signal"]],
  presign: [(store, options) => store.presign("a", options), ["method", "expiresIn", "filename", "contentType"]],
};

describe.each(Object.keys(stores))("%s", (name) => {
  const store = stores[name]!(new MemoryStore());

  it.each(Object.keys(VERBS))("refuses options of %s that can't be read", async (verb) => {
    const [call, names] = VERBS[verb]!;
    const signal = unreadable();
    const noSignal = Object.create(AbortSignal.prototype) as object;
    for (const options of [unreadable(), revoked(), { signal }, { signal: noSignal }, ...names.map(withGetter)]) {
      const error = await failureOf(Promise.resolve().then(() => call(store, options as never)));
      expect(["CONFIG_INVALID", "UNSUPPORTED"]).toContain((error as { code?: string }).code);
    }
  });

  it("refuses metadata and a body that can't be read", async () => {
    for (const metadata of [unreadable(), revoked(), withGetter("a")]) {
      const options = { metadata } as WriteOptions;
      expect(isStorageError(await failureOf(store.write("a", "x", options)))).toBe(true);
    }
    for (const body of [unreadable(), revoked(), withGetter("then"), null, undefined, 1, broken]) {
      expect(await failureOf(store.write("a", body as never))).toMatchObject({ code: "CONFIG_INVALID" });
    }
  });
});

it("says that options can't be read, and why", async () => {
  const error = await failureOf(new MemoryStore().write("a", "x", withGetter("size")));
  expect(error).toMatchObject({ code: "CONFIG_INVALID", path: "a", cause: new RangeError("of the user") });
  expect(error.message).toContain("a getter or a proxy threw");
});
