import { StorageManager } from "../../src/manager/storage-manager.js";
import { withPrefix, withRetry, withTimeout } from "../../src/store/layers/index.js";
import { ReplicatedStore } from "../../src/store/compose/replicated/replicated-store.js";
import { RoutingStore } from "../../src/store/compose/routing/routing-store.js";
import { MemoryStore } from "../../src/store/drivers/memory-store.js";
import type { Store } from "../../src/store/store.js";
import { failureOf } from "../support/failure.js";
import { turn } from "../support/turn.js";

/** A store whose `list` is an async function, as one that was written in a hurry: it gives a promise, no iterable. */
class PromisingStore extends MemoryStore {
  constructor(private readonly outcome: () => Promise<unknown>) {
    super();
  }

  override list(): ReturnType<MemoryStore["list"]> {
    return this.outcome() as unknown as ReturnType<MemoryStore["list"]>;
  }
}

const pathsIn = async (listing: AsyncIterable<{ path: string }>): Promise<string[]> => {
  const paths: string[] = [];
  for await (const { path } of listing) paths.push(path);
  return paths;
};

describe.each([
  ["rejects", () => Promise.reject(new Error("It is down."))],
  ["resolves to an array", () => Promise.resolve([])],
])("a listing that is a promise, which %s", (_, outcome) => {
  const unheard: unknown[] = [];
  const hear = (reason: unknown): void => void unheard.push(reason);

  beforeEach(() => void process.on("unhandledRejection", hear));
  afterEach(() => void process.off("unhandledRejection", hear));

  it.each([
    ["the store of a manager", "UNEXPECTED", (store: Store) => store],
    ["a store with layers", "UNEXPECTED", (store: Store) => withTimeout(withRetry(store, {}), { timeout: 1000 })],
    ["a store under a prefix", "UNEXPECTED", (store: Store) => withPrefix(store, "base")],
    ["a primary", "UNEXPECTED", (store: Store) => new RoutingStore({ primary: store })],
    ["a replica", "UNAVAILABLE", (store: Store) => new ReplicatedStore({ stores: { a: store } })],
  ])("ends no process where it is %s, and is %s", async (__, code, wrap) => {
    const manager = new StorageManager({ store: wrap(new PromisingStore(outcome)) });
    for (const call of [() => pathsIn(manager.list("outputs/")), () => manager.release("scope")]) {
      const failure = await failureOf(call());
      expect(failure).toMatchObject({ code, operation: expect.stringMatching(/^(list|release)$/) });
    }
    await turn();
    expect(unheard).toEqual([]);
  });
});
