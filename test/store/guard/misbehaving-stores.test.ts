import {
  FailoverStore,
  MemoryStore,
  MigratingStore,
  ReplicatedStore,
  RoutingStore,
  StorageError,
  TieredStore,
  isStorageError,
  withCircuitBreaker,
  withConcurrencyLimit,
  withFeatures,
  withPrefix,
  withRetry,
  withTimeout,
  withUsageLimits,
  type Store,
} from "../../../src/index.js";
import { guardedStore } from "../../../src/store/guard/guarded-store.js";
import { isTouchable } from "../../../src/store/layers/tiered/touchable-store.js";
import { FaultStore } from "../../../src/testing/index.js";
import { failureOf } from "../../support/failure.js";
import { LyingStore } from "../../support/lying-store.js";

const VERBS = ["write", "read", "stat", "delete", "list", "copy", "presign", "close"] as const;
type Verb = (typeof VERBS)[number];
type Misbehaviour = (verb: Verb) => unknown;

interface Composition {
  readonly over: (store: Store) => Store;
  /** Before the paths of the calls. */
  readonly base?: string;
  /** What it says where one of its stores can't answer; default what that one says. */
  readonly code?: "UNAVAILABLE";
}

const compositions: Record<string, Composition> = {
  withPrefix: { over: (store) => withPrefix(store, "base") },
  withRetry: { over: (store) => withRetry(store, { baseDelay: 0 }) },
  withTimeout: { over: (store) => withTimeout(store, { timeout: 60_000 }) },
  withConcurrencyLimit: { over: (store) => withConcurrencyLimit(store, { limit: 1 }) },
  withCircuitBreaker: { over: (store) => withCircuitBreaker(store) },
  withUsageLimits: {
    over: (store) => withUsageLimits(store, { requests: 100, egressBytes: 1000, ingressBytes: 1000 }),
  },
  withFeatures: { over: (store) => withFeatures(store) },
  "withFeatures, simulating": {
    over: (store) => withFeatures(store, { simulate: ["metadata", "links", "copy", "if-absent"] }),
  },
  FaultStore: { over: (store) => new FaultStore(store, { faults: [] }) },
  TieredStore: { over: (store) => new TieredStore({ remote: store }) },
  "TieredStore, validating": { over: (store) => new TieredStore({ remote: store, validate: "always" }) },
  "RoutingStore, a primary": { over: (store) => new RoutingStore({ primary: store }) },
  "RoutingStore, a scheme": {
    over: (store) => new RoutingStore({ primary: new MemoryStore(), schemes: { own: store } }),
    base: "own://c/",
  },
  "RoutingStore, a factory": {
    over: (store) => new RoutingStore({ primary: new MemoryStore(), schemes: { own: () => store } }),
    base: "own://c/",
  },
  FailoverStore: { over: (store) => new FailoverStore({ stores: { store } }), code: "UNAVAILABLE" },
  MigratingStore: {
    // What only one of the two can do, both can't.
    over: (store) => {
      const capability = { ...new MemoryStore().capability, presign: true };
      return new MigratingStore({
        from: store,
        to: Object.assign(new MemoryStore(), { capability }),
        phase: "prepare",
      });
    },
    code: "UNAVAILABLE",
  },
  ReplicatedStore: { over: (store) => new ReplicatedStore({ stores: { store } }), code: "UNAVAILABLE" },
};

function nothing(): never {
  throw undefined as unknown;
}

const failures: Record<string, Misbehaviour> = {
  "throws at once": () => {
    throw new TypeError("of the store's own");
  },
  "rejects with a plain error": () => Promise.reject(new TypeError("of the store's own")),
  "throws nothing": () => Promise.resolve().then(nothing),
  "says that it was aborted, though it was not": () => Promise.reject(new StorageError("ABORTED", "Given up.")),
};

const told = (info: unknown): unknown => Object.assign({ info }, info);

const garbage: Record<string, unknown> = {
  null: null,
  "an empty object": {},
  "a text": "nonsense",
  "a promise of an array": Promise.resolve([]),
  "a size that is no number": told({ path: "a/1", size: NaN }),
  "a size below 0": told({ path: "a/1", size: -1 }),
  "a size that is a text": told({ path: "a/1", size: "4" }),
  "no size": told({ path: "a/1" }),
  "a path that is no text": told({ path: 7, size: 1 }),
  "an etag that is no text": told({ path: "a/1", size: 1, etag: 7 }),
  "a time that is no Date": told({ path: "a/1", size: 1, lastModified: "2020-01-01" }),
  "metadata that is no text": told({ path: "a/1", size: 1, metadata: { a: 1 } }),
};

/** A store of a user's own that has all capabilities, and answers every call as `answer` says. */
function misbehaving(answer: Misbehaviour): Store {
  const capability = Object.freeze({ ...new MemoryStore().capability, presign: true });
  const methods = Object.fromEntries(VERBS.map((verb) => [verb, () => answer(verb)]));
  return { name: "own", capability, ...methods } as unknown as Store;
}

async function drain(iterable: AsyncIterable<unknown>): Promise<void> {
  for await (const item of iterable) expect(item).toBeDefined();
}

function calls(store: Store, base = ""): Record<Verb, () => Promise<unknown>> {
  const [one, other] = [`${base}a/1`, `${base}a/2`];
  return {
    write: () => store.write(one, "x"),
    read: async () => (await store.read(one)).bytes(),
    stat: () => store.stat(one),
    delete: () => store.delete(one),
    list: () => drain(store.list(`${base}a/`)),
    copy: () => store.copy(one, other),
    presign: () => store.presign(one, { method: "PUT", expiresIn: 1 }),
    close: () => store.close(),
  };
}

/** Opens the store, where that is done by the first call. */
async function opened({ over, base = "" }: Composition, store: Store): Promise<Store> {
  const composed = over(store);
  await composed.capabilityOf?.(`${base}a/1`);
  return composed;
}

describe.each(Object.entries(compositions))("%s over a store of a user's own", (_, composition) => {
  const { over, base = "", code = "UNEXPECTED" } = composition;
  const codes = ["UNEXPECTED", code];

  describe.each(Object.entries(failures))("that %s", (__, fail) => {
    it.each(VERBS)("%s rejects with a StorageError", async (verb) => {
      const composed = await opened(composition, misbehaving(fail));
      const error = await failureOf(calls(composed, base)[verb]());
      expect(codes).toContain(error.code);
      expect(error.store).toEqual(expect.any(String));
      expect(error.operation).toBe(verb);
      // A listing of several stores is of no one path.
      const hasPath = verb !== "close" && (verb !== "list" || code === "UNEXPECTED");
      if (hasPath) expect(error.path).toMatch(new RegExp(`^${base}a/`));
    });
  });

  it.each(VERBS)("%s hands on code and retryable of a StorageError that the store throws", async (verb) => {
    const own = new StorageError("TIMEOUT", "Slow.", { retryable: false });
    const throwing = misbehaving(() => {
      throw own;
    });
    const composed = await opened(composition, throwing);
    const error = await failureOf(calls(composed, base)[verb]());
    expect(["TIMEOUT", code === "UNEXPECTED" ? "TIMEOUT" : code]).toContain(error.code);
    expect(error.retryable).toBe(false);
  });

  describe.each(Object.entries(garbage))("that answers %s", (__, answer) => {
    it.each(VERBS.filter((verb) => verb !== "delete" && verb !== "close"))(
      "%s rejects with a StorageError, or has an answer as the contract has it",
      async (verb) => {
        const call = calls(over(misbehaving(() => answer)), base)[verb];
        const isUrl = verb === "presign" && typeof answer === "string";
        if (isUrl) expect(await call()).toBe(answer);
        else expect(codes).toContain((await failureOf(call())).code);
      },
    );
  });

  it.each([undefined, { size: NaN }, { path: "a/1", size: -1 }])(
    "hands out no description such as %j, and gives the body back",
    async (info) => {
      let cancelled = 0;
      const result = { info, cancel: () => cancelled++, bytes: () => new Uint8Array(), [Symbol.asyncIterator]: drain };
      const store = over(misbehaving((verb) => (verb === "read" ? result : { path: "a/1", size: 1 })));
      expect(codes).toContain((await failureOf(store.read(`${base}a/1`))).code);
      expect(cancelled).toBeGreaterThan(0);
    },
  );

  it.each<[string, () => unknown]>([
    ["can't be iterated", () => undefined],
    ["throws when it is begun", () => { throw new TypeError("of the store's own"); }], // prettier-ignore
    ["fails", () => ({ next: () => Promise.reject(new TypeError("of the store's own")) })],
    ["throws at a step", () => ({ next: () => { throw new TypeError("of the store's own"); } })], // prettier-ignore
    ["has steps that are none", () => ({ next: () => undefined })],
    ["brings what are no bytes", () => ({ next: () => ({ done: false, value: "text" }) })],
  ])("types the error of a body and of a listing that %s", async (__, begin) => {
    const body = {
      info: { path: "a/1", size: 4, etag: "1" },
      cancel: () => undefined,
      bytes: begin,
      [Symbol.asyncIterator]: begin,
    };
    const store = over(misbehaving((verb) => (verb === "stat" ? body.info : body)));
    const possible = ["UNEXPECTED", "UNAVAILABLE"];
    expect(possible).toContain((await failureOf(calls(store, base).list())).code);
    const reading = async (): Promise<void> => drain(await store.read(`${base}a/1`));
    expect(possible).toContain((await failureOf(reading())).code);
    expect(possible).toContain((await failureOf(calls(store, base).read())).code);
  });

  it("tells what it is told of another path of the one that was asked for", async () => {
    const store = over(new LyingStore(undefined, true, "somewhere/else"));
    expect((await store.write(`${base}a/1`, "x")).path).toBe(`${base}a/1`);
    expect((await store.stat(`${base}a/1`))?.path).toBe(`${base}a/1`);
    const result = await store.read(`${base}a/1`);
    expect([result.info.path, Buffer.from(await result.bytes()).toString()]).toEqual([`${base}a/1`, "x"]);
    expect((await store.copy(`${base}a/1`, `${base}a/2`)).path).toBe(`${base}a/2`);
  });
});

it("is not put between a composition and a store of ours", () => {
  const own = new MemoryStore();
  expect(guardedStore(own)).toBe(own);
  for (const { over } of Object.values(compositions)) {
    const composed = over(new MemoryStore());
    expect(guardedStore(composed)).toBe(composed);
  }
});

it("is the same for the same store, and is put before a class that is derived from one of ours", () => {
  const derived = new (class extends MemoryStore {})();
  expect(guardedStore(derived)).not.toBe(derived);
  expect(guardedStore(derived)).toBe(guardedStore(derived));
  expect(guardedStore(guardedStore(derived))).toBe(guardedStore(derived));
});

it("is put before a store of ours whose methods are somebody else's", () => {
  const patched = Object.assign(new MemoryStore(), { stat: () => Promise.reject(new Error("patched")) });
  expect(guardedStore(patched)).not.toBe(patched);
  const traced = new Proxy(new MemoryStore(), {});
  expect(guardedStore(traced)).not.toBe(traced);
});

it("has what a store need not have only where the store has it", async () => {
  const plain = guardedStore(misbehaving(() => undefined));
  expect([plain.routes, plain.capabilityOf, isTouchable(plain)]).toEqual([undefined, undefined, false]);
  const { capability } = new MemoryStore();
  const full = guardedStore({
    ...misbehaving(() => undefined),
    ...{ mine: "own", touch: (path: string) => Promise.resolve(path === "a") },
    routes(scheme: string) {
      return scheme === (this as unknown as { mine: string }).mine; // `this` is the store
    },
    capabilityOf: () => Promise.resolve(capability),
  });
  expect([full.routes?.("own"), full.routes?.("s3")]).toEqual([true, false]);
  expect(await full.capabilityOf?.("a")).toBe(capability);
  if (!isTouchable(full)) throw new Error("It can't be touched.");
  expect([await full.touch("a"), await full.touch("b")]).toEqual([true, false]);
});

it("types what is thrown by what a store need not have", async () => {
  const bug = (): never => {
    throw new TypeError("of the store's own");
  };
  const store = withFeatures({ ...misbehaving(bug), routes: bug, capabilityOf: bug, touch: bug } as Store);
  expect(isStorageError(await failureOf(store.capabilityOf!("a/1")), "UNEXPECTED")).toBe(true);
  expect(await failureOf(Promise.resolve().then(() => store.routes!("s3")))).toMatchObject({ code: "UNEXPECTED" });
});

it("gives a body back once, also one that was not begun", async () => {
  let returned = 0;
  const iterator = { next: drain, return: () => Promise.resolve(returned++) };
  const body = { info: { path: "a", size: 1 }, bytes: drain, cancel: drain, [Symbol.asyncIterator]: () => iterator };
  const steps = (await guardedStore(misbehaving(() => body)).read("a"))[Symbol.asyncIterator]();
  await steps.return?.();
  await steps.return?.();
  expect(returned).toBe(1);
});

it("is ABORTED where the caller gave up, whatever the store then throws", async () => {
  const controller = new AbortController();
  const store = withPrefix(
    misbehaving(() => Promise.reject(new Error("whatever"))),
    "base",
  );
  const reading = failureOf(store.read("a/1", { signal: controller.signal }));
  controller.abort("enough");
  expect(await reading).toMatchObject({ code: "ABORTED", cause: "enough" });
});

it("lets a listing below go at once, also while a step of it hangs", async () => {
  let returned = 0;
  const hanging = { next: () => new Promise(() => undefined), return: () => Promise.resolve(returned++) };
  const store = guardedStore(misbehaving(() => ({ [Symbol.asyncIterator]: () => hanging })));
  const steps = store.list("")[Symbol.asyncIterator]();
  void steps.next();
  await steps.return?.();
  expect(returned).toBe(1);
});
