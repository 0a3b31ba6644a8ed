import { StorageManager } from "../../src/manager/storage-manager.js";
import type { StorageManagerOptions } from "../../src/configure/options.js";
import { MemoryStore } from "../../src/store/drivers/memory-store.js";
import { FaultStore } from "../../src/testing/fault-store.js";
import { longText } from "../support/payloads.js";
import { objectsOf } from "../support/stored.js";
import { RecordingStore } from "../support/recording-store.js";
import { storageError } from "../store/storage-error.js";

const readers = ["billing", "search"];

async function setup(options: StorageManagerOptions = {}) {
  const store = new MemoryStore();
  const manager = new StorageManager({ store, pack: false, ...options });
  const ticket = await manager.dehydrate([longText("a"), longText("b"), longText("c")], { scope: "order-42" });
  return { store, manager, ticket };
}

describe("done", () => {
  it("releases the scope when every reader has said so, however often each of them does", async () => {
    const { store, manager, ticket } = await setup();
    for (let time = 0; time < 3; time++) {
      expect(await manager.done("order-42", "billing", { readers })).toEqual({ remaining: ["search"], deleted: 0 });
    }
    expect(await manager.hydrate(ticket)).toHaveLength(3);
    expect(await manager.done("order-42", "search", { readers })).toEqual({ remaining: [], deleted: 3 });
    await expect(manager.hydrate(ticket)).rejects.toThrow(storageError({ code: "NOT_FOUND" }));
    expect(await manager.done("order-42", "billing", { readers })).toEqual({ remaining: [], deleted: 0 });
    expect([...(await objectsOf(store)).keys()]).toEqual([
      "outputs/order-42/.done/billing",
      "outputs/order-42/.done/search",
    ]);
  });

  it("takes readers of any name, and keeps them apart", async () => {
    const { manager } = await setup();
    const odd = ["a/b", "a%2Fb", "..", "_", "ü", "x".repeat(1000), "~1", "\ud800", "\ud801"];
    for (const [index, reader] of odd.entries()) {
      const { remaining } = await manager.done("order-42", reader, { readers: odd });
      expect(remaining).toEqual(odd.slice(index + 1));
    }
  });

  it("is for one scope: another's markers are not its own, nor are its objects", async () => {
    const { manager, ticket } = await setup();
    const other = await manager.dehydrate(longText("x"), { scope: "order-4" });
    await manager.done("order-4", "billing", { readers });
    expect(await manager.done("order-42", "search", { readers })).toMatchObject({ remaining: ["billing"] });
    await manager.done("order-42", "billing", { readers });
    expect(await manager.hydrate(other)).toBe(longText("x"));
    await expect(manager.hydrate(ticket)).rejects.toThrow(storageError({ code: "NOT_FOUND" }));
  });

  it("writes its marker before it looks at the others, so that of two that come last one sees both", async () => {
    const store = new RecordingStore();
    const manager = new StorageManager({ store });
    const calls = async (reader: string) => {
      store.calls.length = 0;
      await manager.done("s", reader, { readers });
      return store.calls.map(({ operation }) => operation).filter((operation) => operation !== "return");
    };
    expect(await calls("billing")).toEqual(["write", "entry", "entry"]);
    // Both say so at once, and each has written before either looks.
    await manager.dehydrate(longText("x"), { scope: "t" });
    const both = await Promise.all(readers.map((reader) => manager.done("t", reader, { readers })));
    expect(both.map(({ remaining }) => remaining)).toContainEqual([]);
  });

  it("goes below the prefix of the call, and that of a tenant", async () => {
    const { store, manager } = await setup();
    const ticket = await manager.dehydrate(longText("a"), { scope: "s", prefix: "outputs/extra" });
    await manager.done("s", "a", { readers: ["a"] });
    expect(await manager.hydrate(ticket)).toBe(longText("a"));
    expect(await manager.done("s", "a", { readers: ["a"], prefix: "outputs/extra" })).toEqual({
      remaining: [],
      deleted: 1,
    });
    const tenant = manager.forTenant("t");
    await tenant.dehydrate(longText("a"), { scope: "s" });
    expect(await tenant.done("s", "a", { readers: ["a"] })).toEqual({ remaining: [], deleted: 1 });
    expect([...(await objectsOf(store)).keys()]).toContain("outputs/t/s/.done/a");
  });

  it("deletes nothing when its marker can't be written, or the others can't be listed", async () => {
    for (const operation of ["write", "list"] as const) {
      const { store, ticket } = await setup();
      const faults = [{ on: operation, fault: { error: "UNAVAILABLE" as const } }];
      const broken = new StorageManager({ store: new FaultStore(store, { faults }) });
      await expect(broken.done("order-42", "a", { readers: ["a"] })).rejects.toThrow(
        storageError({ code: "UNAVAILABLE" }),
      );
      expect(await new StorageManager({ store }).hydrate(ticket)).toHaveLength(3);
    }
  });

  it.each([
    [{ readers: [] }, "readers: "],
    [{ readers: ["search"] }, "readers: must name the reader that calls, too"],
    [{ readers: "billing" }, "readers: "],
    [{ readers: ["billing", 1] }, "readers.1: "],
    [{ readers: ["billing"], reader: "x" }, 'Unrecognized key: "reader"'],
    [undefined, "options: must be a plain object"],
  ])("refuses %p", async (options, problem) => {
    const { manager } = await setup();
    await expect(manager.done("order-42", "billing", options as never)).rejects.toThrow(
      storageError({ code: "CONFIG_INVALID", message: expect.stringContaining(problem) as string }),
    );
  });
});
