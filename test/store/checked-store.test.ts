import * as check from "../../src/store/check.js";
import { StoreBelow, type CheckedVerbs } from "../../src/store/checked-store.js";
import { MemoryStore } from "../../src/store/drivers/memory-store.js";
import { withCircuitBreaker } from "../../src/store/layers/circuit-breaker.js";
import { withConcurrencyLimit } from "../../src/store/layers/concurrency-limit.js";
import { withFeatures } from "../../src/store/layers/features/with-features.js";
import { withPrefix } from "../../src/store/layers/prefix.js";
import { withRetry } from "../../src/store/layers/retry.js";
import { TieredStore } from "../../src/store/layers/tiered/tiered-store.js";
import { withTimeout } from "../../src/store/layers/timeout.js";
import { withUsageLimits } from "../../src/store/layers/usage-limits.js";
import type { Store } from "../../src/store/store.js";
import { failureOf } from "../support/failure.js";

jest.mock("../../src/store/check.js", () => {
  const actual = jest.requireActual<typeof check>("../../src/store/check.js");
  const counted = Object.entries(actual).map(([name, value]) => [
    name,
    /^check[A-Z]/.test(name) ? jest.fn(value as () => unknown) : value,
  ]);
  return Object.fromEntries(counted) as unknown;
});

const LAYERS: Record<string, (store: Store) => Store> = {
  withTimeout: (store) => withTimeout(store, { timeout: 10_000 }),
  withUsageLimits: (store) => withUsageLimits(store, { requests: 1000 }),
  withCircuitBreaker: (store) => withCircuitBreaker(store),
  withConcurrencyLimit: (store) => withConcurrencyLimit(store, { limit: 4 }),
  withRetry: (store) => withRetry(store),
  withPrefix: (store) => withPrefix(store, "tenants/42"),
  TieredStore: (store) => new TieredStore({ remote: store, maxBytes: 1 << 20 }),
};

/** The layers in the order in which they are recommended. */
const stack = (store: Store): Store => Object.values(LAYERS).reduce((inner, layer) => layer(inner), store);

const checks = (): string[] =>
  Object.entries(check).flatMap(([name, value]) =>
    jest.isMockFunction(value) ? value.mock.calls.map(() => name) : [],
  );

const VERBS: Record<string, (store: Store) => Promise<unknown>> = {
  checkWrite: (store) => store.write("a", "bytes"),
  checkRead: async (store) => (await store.read("there")).bytes(),
  checkStat: (store) => store.stat("there"),
  checkDelete: (store) => store.delete("a"),
  checkList: async (store) => {
    const paths: string[] = [];
    for await (const { path } of store.list("")) paths.push(path);
    return paths;
  },
  checkCopy: (store) => store.copy("there", "b"),
};

async function filled(): Promise<MemoryStore> {
  const memory = new MemoryStore();
  for (const path of ["there", "tenants/42/there"]) await memory.write(path, "bytes");
  return memory;
}

describe("a stack of layers", () => {
  it.each(Object.entries(VERBS))("has one %s for each call", async (name, call) => {
    const store = stack(await filled());
    jest.clearAllMocks();
    await call(store);
    expect(checks()).toEqual([name]);
  });

  it("checks again what options are gated for, and below that nothing", async () => {
    const store = withRetry(withFeatures(withTimeout(await filled(), { timeout: 1000 }), { loose: true }));
    jest.clearAllMocks();
    await (await store.read("there")).bytes();
    expect(checks()).toEqual(["checkRead", "checkRead"]); // before and behind the gate
  });

  it.each(Object.entries(LAYERS))("%s calls the methods of a store that have been replaced", async (_name, layer) => {
    const memory = await filled();
    const store = layer(memory);
    const replaced = ["write", "read", "stat", "delete", "list", "copy"] as const;
    const spies = replaced.map((method) => jest.spyOn(memory, method));
    for (const call of Object.values(VERBS)) await call(store);
    if (store instanceof TieredStore) await (await store.read("tenants/42/there")).bytes();
    for (const spy of spies) expect(spy).toHaveBeenCalled();
  });

  it.each(Object.entries(LAYERS))("%s calls the methods of a class that is derived from ours", async (_name, layer) => {
    class Derived extends MemoryStore {
      readonly asked: string[] = [];
      override async stat(...call: Parameters<MemoryStore["stat"]>): ReturnType<MemoryStore["stat"]> {
        this.asked.push(call[0]);
        return super.stat(...call);
      }
    }
    const store = new Derived();
    await layer(store).stat("there");
    expect(store.asked).toEqual([expect.stringMatching(/there$/)]);
  });

  it("asks a store for nothing once the caller has given up in the layer above", async () => {
    const memory = await filled();
    const verbs = ["write", "read", "stat", "delete", "list", "copy"] as const;
    const spies = verbs.map((verb) => jest.spyOn(memory as unknown as CheckedVerbs, `${verb}Checked`));
    const below = new StoreBelow(memory);
    const details = { operation: "call", store: "memory" };
    const options = { signal: AbortSignal.abort("given up") };
    const calls: (() => unknown)[] = [
      () => below.writeChecked("a", "bytes", options, details),
      () => below.readChecked("there", options, details),
      () => below.statChecked("there", options, details),
      () => below.deleteChecked("there", options, details),
      () => below.listChecked("", options, details),
      () => below.copyChecked("there", "a", options, details),
    ];
    for (const call of calls) {
      expect(await failureOf(Promise.resolve().then(call))).toMatchObject({ code: "ABORTED", cause: "given up" });
    }
    for (const spy of spies) expect(spy).not.toHaveBeenCalled();
  });
});
