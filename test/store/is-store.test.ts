import {
  FailoverStore,
  MemoryStore,
  MigratingStore,
  ReplicatedStore,
  RoutingStore,
  StorageManager,
  TieredStore,
  withCircuitBreaker,
  withConcurrencyLimit,
  withFeatures,
  withPrefix,
  withRetry,
  withTimeout,
  withUsageLimits,
  type Store,
} from "../../src/index.js";
import { FaultStore } from "../../src/testing/index.js";

// Users hand the same store to one wrapper today and to another tomorrow.
const WRAPPERS: Record<string, (store: Store) => unknown> = {
  StorageManager: (store) => new StorageManager({ store }),
  TieredStore: (remote) => new TieredStore({ remote }),
  FailoverStore: (store) => new FailoverStore({ stores: { store, other: new MemoryStore() } }),
  ReplicatedStore: (store) => new ReplicatedStore({ stores: { store, other: new MemoryStore() } }),
  "MigratingStore, from": (store) => new MigratingStore({ from: store, to: new MemoryStore(), phase: "move" }),
  "MigratingStore, to": (store) => new MigratingStore({ from: new MemoryStore(), to: store, phase: "move" }),
  RoutingStore: (primary) => new RoutingStore({ primary }),
  "a scheme of RoutingStore": (store) => new RoutingStore({ primary: new MemoryStore(), schemes: { other: store } }),
  FaultStore: (store) => new FaultStore(store, { faults: [] }),
  withCircuitBreaker: (store) => withCircuitBreaker(store),
  withConcurrencyLimit: (store) => withConcurrencyLimit(store, { limit: 1 }),
  withFeatures: (store) => withFeatures(store),
  withPrefix: (store) => withPrefix(store, "a"),
  withRetry: (store) => withRetry(store),
  withTimeout: (store) => withTimeout(store, { timeout: 1000 }),
  withUsageLimits: (store) => withUsageLimits(store, { requests: 1 }),
};

const PARTS = ["name", "capability", "write", "read", "stat", "delete", "list", "close"] as const;

/** A plain object with what a store must have, but for some. */
function storeWithout(...missing: string[]): Store {
  const whole = new MemoryStore();
  const parts = PARTS.filter((part) => !missing.includes(part)).map((part) => {
    const value: unknown = whole[part];
    return [part, typeof value === "function" ? (value.bind(whole) as unknown) : value] as const;
  });
  return Object.fromEntries(parts) as unknown as Store;
}

describe.each(Object.entries(WRAPPERS))("%s", (_name, wrap) => {
  it("takes a store that has no more than it must have", () => {
    expect(() => wrap(storeWithout())).not.toThrow();
  });

  it.each(PARTS)("refuses one without %s", (part) => {
    expect(() => wrap(storeWithout(part))).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }) as Error);
  });

  it.each([undefined, null, 1, "store", {}, () => undefined])("refuses %p", (value) => {
    if (_name === "StorageManager" && value === undefined) return;
    if (_name === "a scheme of RoutingStore" && typeof value === "function") return;
    expect(() => wrap(value as Store)).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }) as Error);
  });
});
