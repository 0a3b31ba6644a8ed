import { AsyncLocalStorage } from "node:async_hooks";
import { MemoryStore, StorageManager, TieredStore, withRetry, type ObserverOption } from "../../src/index.js";
import { longText } from "../support/payloads.js";

// The first test must be the first: once a call had observers, calls without any keep apart from it.

const layered = () => withRetry(new TieredStore({ remote: new MemoryStore() }));

async function useAll(manager: StorageManager): Promise<void> {
  const message = await manager.dehydrate([longText("a"), longText("b")], { scope: "s" });
  await manager.hydrate(message);
  for await (const { path } of manager.list("")) await manager.readBlob(path);
  await manager.release("s");
}

function entered() {
  const run = jest.spyOn(AsyncLocalStorage.prototype, "run");
  return () => run.mock.calls.filter(([context]) => Array.isArray(context)).length;
}

afterEach(() => {
  jest.restoreAllMocks();
});

describe("nothing", () => {
  it("is looked for, and no context entered, without an observer", async () => {
    const run = entered();
    const look = jest.spyOn(AsyncLocalStorage.prototype, "getStore");
    await useAll(new StorageManager({ store: layered() }));
    expect([run(), look.mock.calls.length]).toEqual([0, 0]);
  });

  it.each<[string, ObserverOption]>([
    ["a driver, which has nothing to tell", () => undefined],
    ["a list of none", []],
  ])("is entered over %s", async (_, observer) => {
    const run = entered();
    await useAll(new StorageManager({ store: Array.isArray(observer) ? layered() : new MemoryStore(), observer }));
    expect(run()).toBe(0);
  });
});

it("a call enters its context once, whatever it does", async () => {
  const run = entered();
  const manager = new StorageManager({ store: layered(), observer: () => undefined });
  await manager.dehydrate([longText("a"), longText("b")], { scope: "s" });
  expect(run()).toBe(1);
});
