import { AsyncLocalStorage } from "node:async_hooks";
import {
  FailoverStore,
  MemoryStore,
  ReplicatedStore,
  RoutingStore,
  StorageManager,
  TieredStore,
  withCircuitBreaker,
  withFeatures,
  withRetry,
  withUsageLimits,
  type ObserverOption,
  type OperationAttributes,
  type OperationEnd,
  type StorageEvent,
} from "../../src/index.js";
import { failureOf, thrownBy } from "../support/failure.js";
import { longText } from "../support/payloads.js";
import { TappedStore } from "../support/tapped-store.js";
import { turn } from "../support/turn.js";

function starting() {
  const told: string[] = [];
  const attributesOf: OperationAttributes[] = [];
  const observer = {
    start: (operation: string, attributes: OperationAttributes) => {
      told.push(`+${operation}`);
      attributesOf.push(attributes);
      return (event: StorageEvent) => void told.push(`-${event.operation} ${event.outcome}`);
    },
  };
  return { told, attributesOf, observer };
}

const managerWith = (observer: ObserverOption) => new StorageManager({ store: new MemoryStore(), observer });

describe("an observer with start", () => {
  it("is told when each operation begins and ends, and of what is known at its beginning", async () => {
    const { told, attributesOf, observer } = starting();
    const manager = managerWith(observer);
    const message = await manager.dehydrate(longText("a"), { scope: "run/1", stepRunId: "step" });
    expect(told.splice(0)).toEqual(["+dehydrate", "+write", "-write success", "-dehydrate success"]);
    expect(attributesOf.splice(0)).toEqual([
      { store: "memory", stepRunId: "step" },
      { store: "memory", stepRunId: "step", scope: "run/1", bytes: 1531, objects: 1 },
    ]);
    await manager.release("run/1");
    await failureOf(manager.hydrate(message));
    expect(told.splice(2)).toEqual(["+hydrate", "+read", "-read error", "-hydrate error"]);
    for await (const _ of manager.list("")) expect(_).toBeDefined();
    expect(told.splice(2)).toEqual(["+list", "-list success"]);
  });

  it("has the operation run inside of what it puts around it, a listing step by step", async () => {
    const context = new AsyncLocalStorage<string>();
    const seen: string[] = [];
    const observer = {
      start: (operation: string): OperationEnd => {
        const path = `${context.getStore() ?? ""}/${operation}`;
        seen.push(path);
        return Object.assign(() => undefined, { run: <T>(work: () => T) => context.run(path, work) });
      },
    };
    const manager = managerWith([observer, () => undefined]);
    const message = await manager.dehydrate([longText("a"), longText("b")]);
    await manager.hydrate(message);
    expect(seen.splice(0)).toEqual(["/dehydrate", "/dehydrate/write", "/hydrate", "/hydrate/read"]);
    const inside: (string | undefined)[] = [];
    const store = new MemoryStore();
    await store.write("a", "a");
    await store.write("b", "b");
    const tapped = new TappedStore(({ operation }, proceed) => {
      if (operation === "entry") inside.push(context.getStore());
      return proceed();
    }, store);
    const listing = new StorageManager({ store: tapped, observer });
    for await (const { path } of listing.list("")) expect([path, context.getStore()]).toEqual([path, undefined]);
    expect(inside).toEqual(["/list", "/list", "/list"]);
  });
});

describe("several observers", () => {
  it("are all told, each of an event and of attributes of its own", async () => {
    const { told, observer } = starting();
    const events: string[] = [];
    const vandal = {
      start: (_: string, attributes: { store?: string }) => {
        delete attributes.store;
        return (event: StorageEvent) => {
          event.operation = "delete";
        };
      },
    };
    const list: ObserverOption = [vandal, observer, ({ operation }: StorageEvent) => void events.push(operation)];
    const manager = managerWith(list);
    (list as unknown[]).length = 0; // the list is that of the construction
    await manager.dehydrate(1);
    expect([told, events]).toEqual([["+dehydrate", "-dehydrate success"], ["dehydrate"]]);
  });

  it("may be none", async () => {
    await expect(managerWith([]).dehydrate(1)).resolves.toBe(1);
  });
});

const broken = () => {
  throw new Error("an observer");
};
const ended = (run: unknown) => ({ start: () => Object.assign(() => undefined, { run }) }) as ObserverOption;

describe("an observer that fails", () => {
  const failing: [string, ObserverOption][] = [
    ["throws at the start", { start: broken }],
    ["throws at the end", { start: () => broken }],
    ["answers nothing", { start: (() => undefined) as never }],
    ["answers with a promise that rejects", { start: (() => Promise.reject(new Error("no"))) as never }],
    ["never runs the work", ended(() => undefined)],
    ["throws instead of the work", ended(broken)],
    ["throws after the work", ended((work: () => unknown) => (work(), broken()))],
    ["runs the work twice", ended((work: () => unknown) => (work(), work()))],
    ["runs the work later", ended((work: () => unknown) => void setImmediate(work))],
    ["gives something else", ended((work: () => unknown) => (work(), 42))],
    ["waits for the work", ended(async (work: () => Promise<unknown>) => ((await work()) as object, 42))],
    ["has no method run", ended(42)],
    [
      "fails beside others",
      [broken, ended(broken) as { start: never }, () => Promise.reject(new Error("no")) as never],
    ],
  ];

  it.each(failing)("changes nothing when it %s", async (_, observer) => {
    const unhandled = jest.fn();
    process.on("unhandledRejection", unhandled); // which would end the process
    const store = new MemoryStore();
    const writes = jest.spyOn(store, "write");
    const manager = new StorageManager({ store, observer });
    const payload = [longText("a")];
    await expect(manager.hydrate(await manager.dehydrate(payload))).resolves.toEqual(payload);
    expect(writes).toHaveBeenCalledTimes(1);
    expect((await failureOf(manager.hydrate({ $bubuStorageRef: "/" }))).code).toBe("INVALID_REFERENCE");
    const listed: string[] = [];
    for await (const { path } of manager.list("outputs/")) listed.push(path);
    expect(listed).toHaveLength(1);
    await turn();
    process.off("unhandledRejection", unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });
});

describe("an option that is no observer", () => {
  const store = new MemoryStore();
  const owners: Record<string, (observer: never) => unknown> = {
    StorageManager: (observer) => new StorageManager({ observer }),
    FailoverStore: (observer) => new FailoverStore({ stores: { a: store }, observer }),
    ReplicatedStore: (observer) => new ReplicatedStore({ stores: { a: store }, observer }),
    RoutingStore: (observer) => new RoutingStore({ primary: store, observer }),
    TieredStore: (observer) => new TieredStore({ remote: store, observer }),
    withCircuitBreaker: (observer) => withCircuitBreaker(store, { observer }),
    withFeatures: (observer) => withFeatures(store, { observer }),
    withRetry: (observer) => withRetry(store, { observer }),
    withUsageLimits: (observer) => withUsageLimits(store, { observer }),
  };

  it.each(Object.entries(owners))("is refused by %s, which takes all that are one", (_, make) => {
    for (const wrong of [1, "a", {}, { start: 1 }, [() => 1, undefined], [[() => 1]], Array.from({ length: 1 })]) {
      const error = thrownBy(() => make(wrong as never));
      expect([error.code, error.message]).toEqual(["CONFIG_INVALID", expect.stringContaining("observer: must be")]);
    }
    for (const right of [undefined, () => 1, { start: () => () => 1 }, [], [() => 1, { start: () => () => 1 }]]) {
      expect(make(right as never)).toBeDefined();
    }
  });
});
