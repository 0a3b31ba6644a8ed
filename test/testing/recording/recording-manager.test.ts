import { Readable } from "node:stream";
import {
  FileStore,
  gzip,
  isNotFound,
  MemoryStore,
  StorageError,
  StorageManager,
  type StorageManagerOptions,
} from "../../../src/index.js";
import { MANAGER_METHODS, type RecordedMethods } from "../../../src/testing/recording/manager-methods.js";
import { snapshot } from "../../../src/testing/recording/snapshot.js";
import { RecordingManager } from "../../../src/testing/index.js";
import { failureOf, thrownBy } from "../../support/failure.js";
import { longText } from "../../support/payloads.js";
import { RecordingStore } from "../../support/recording-store.js";

const outcomes = ({ calls }: RecordingManager) => calls.map(({ method, outcome }) => `${method}: ${outcome}`);

async function drained<T>(listing: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of listing) items.push(item);
  return items;
}

describe("RecordingManager", () => {
  it("does what a manager does, and remembers it", async () => {
    const manager = new RecordingManager();
    const order = { text: longText("a") };
    const dehydrated = await manager.dehydrate(order, { scope: "s" });
    expect(await manager.hydrate(dehydrated)).toEqual(order);
    expect(manager.calls).toEqual([
      { method: "dehydrate", args: [order, { scope: "s" }], outcome: "success", value: dehydrated },
      { method: "hydrate", args: [dehydrated], outcome: "success", value: order },
    ]);
    expect(manager.callsOf("hydrate").map(({ args }) => args[0])).toEqual([dehydrated]);
    expect(manager).toBeInstanceOf(StorageManager);
    expect(manager.store).toBeInstanceOf(MemoryStore);
    expect(new RecordingManager().store).not.toBe(manager.store);
  });

  it("is made of the environment too, over a memory where that names no store", async () => {
    const env = { COATCHECK_MAX_INLINE_SIZE: "16", COATCHECK_STORAGE_OUTPUT_PREFIX: "own" };
    const manager = await RecordingManager.fromEnv(env, { options: { codecs: [gzip()] } });
    await manager.dehydrate({ text: "more than sixteen bytes" }, { scope: "s" });
    expect(outcomes(manager)).toEqual(["dehydrate: success"]);
    expect(await manager.unreleased()).toEqual([expect.stringMatching(/^own\/s\//)]);
    expect(manager.store).toBeInstanceOf(MemoryStore);
    const [root, store] = ["/var/lib/payloads", new MemoryStore()];
    const files = await RecordingManager.fromEnv({ STORAGE_PROVIDER: "file", STORAGE_PATH: root }, { envPrefix: "" });
    expect(files.store).toBeInstanceOf(FileStore);
    expect((await RecordingManager.fromEnv({}, { options: { store } })).store).toBe(store);
    expect((await RecordingManager.fromEnv()).calls).toEqual([]);
    const wrong = RecordingManager.fromEnv({}, { prefix: "X_" } as object);
    await expect(wrong).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringMatching(/RecordingManager.fromEnv.*prefix/) as string,
    });
  });

  it("remembers what failed, and with what", async () => {
    const manager = new RecordingManager({ store: new FileStore({ root: "/nowhere/at/all" }) });
    const missing = failureOf(manager.readBlob("none"));
    expect(outcomes(manager)).toEqual(["readBlob: pending"]);
    const error = await missing;
    expect(isNotFound(error)).toBe(true);
    expect(manager.calls).toEqual([{ method: "readBlob", args: ["none"], outcome: "error", error }]);
    expect(thrownBy(() => manager.plan(1n)).code).toBe("UNSERIALIZABLE");
    expect(outcomes(manager)).toEqual(["readBlob: error", "plan: error"]);
  });

  it("remembers what a listing has given, to its end or not", async () => {
    const manager = new RecordingManager();
    for (const path of ["a", "b"]) await manager.writeBlob(path, "x");
    const all = await drained(manager.list(""));
    for await (const { path } of manager.list("")) if (path === "a") break;
    await manager.dehydrate(longText("a"), { scope: "s" });
    expect(await drained(manager.usage())).toEqual(manager.callsOf("usage")[0]!.value);
    const listings = manager.callsOf("list");
    expect(listings.map(({ outcome, value }) => [outcome, value])).toEqual([
      ["success", all],
      ["success", [all[0]]],
    ]);
    const unread = manager.list("");
    expect(manager.callsOf("list")[2]).toMatchObject({ args: [""], outcome: "pending" });
    await unread.return();
  });

  it("knows every public method", () => {
    const own = Object.getOwnPropertyNames(StorageManager.prototype);
    const methods = own.filter((name) => !["constructor", "store"].includes(name));
    expect(Object.keys(MANAGER_METHODS).sort()).toEqual(methods.sort());
    // A method that the manager gains, and that is not said to be recorded, does not compile.
    interface Grown extends StorageManager {
      archive(scope: string): Promise<void>;
    }
    // @ts-expect-error archive is missing
    const grown: RecordedMethods<Grown> = MANAGER_METHODS;
    expect(grown).toBe(MANAGER_METHODS);
    for (const method of methods) expect(Object.hasOwn(RecordingManager.prototype, method)).toBe(true);
  });

  it("keeps arguments and values as they were", async () => {
    const manager = new RecordingManager();
    const order = { items: [1], at: new Date(0), bytes: new Uint8Array([1]) };
    const options = { scope: "s" };
    const dehydrated = (await manager.dehydrate(order, options)) as { items: unknown[] };
    order.items.push(2);
    order.at.setTime(1);
    options.scope = "other";
    dehydrated.items.push("more");
    const [call] = manager.callsOf("dehydrate");
    expect(call!.args).toEqual([{ items: [1], at: new Date(0), bytes: new Uint8Array([1]) }, { scope: "s" }]);
    expect(call!.value).toMatchObject({ items: [1] });
    const body = Readable.from([Buffer.from("text")]);
    await manager.dehydrate(body);
    expect(manager.callsOf("dehydrate")[1]!.args[0]).toBe(body);
  });

  it("fails a call whose matcher throws, and names the matcher", async () => {
    const manager = new RecordingManager();
    const cause = new TypeError("no such key");
    const ofOrder = (): boolean => {
      throw cause;
    };
    for (const method of ["hydrate", "list", "plan"] as const) manager.when(method, ofOrder).resolves([]);
    const failed = [
      await failureOf(manager.hydrate(1)),
      await failureOf(drained(manager.list(""))),
      thrownBy(() => manager.plan(1)),
    ];
    for (const [index, error] of failed.entries()) {
      expect(error).toMatchObject({ code: "CONFIG_INVALID", cause });
      const method = ["hydrate", "list", "plan"][index]!;
      expect((error as Error).message).toContain(`matcher ofOrder(...) of when("${method}") threw`);
    }
    expect(outcomes(manager)).toEqual(["hydrate: error", "list: error", "plan: error"]);
    expect(manager.callsOf("hydrate")[0]!.error).toBe(failed[0]);
  });

  it("answers as it is told, each call with a copy of its own", async () => {
    const store = new RecordingStore();
    const manager = new RecordingManager({ store });
    manager.when("hydrate").resolves({ items: [1] });
    const first = await manager.hydrate<{ items: number[] }>("a");
    first.items.push(2);
    expect(await manager.hydrate("b")).toEqual({ items: [1] });
    const error = new StorageError("UNAVAILABLE", "The store is away.");
    manager.when("hydrate", { id: 1 }).rejects(error);
    manager
      .when("release", (scope, options) => scope.startsWith("run-42/") && options?.prefix === "p")
      .resolves({ deleted: 3 });
    expect(await failureOf(manager.hydrate({ id: 1 }))).toBe(error);
    expect(await manager.hydrate({ id: 2 })).toEqual({ items: [1] });
    expect(await manager.release("run-42/a", { prefix: "p" })).toEqual({ deleted: 3 });
    expect(store.calls).toEqual([]);
    expect(await manager.release("run-42/a")).toEqual({ deleted: 0 });
    manager.when("plan").rejects(error);
    expect(thrownBy(() => manager.plan("a"))).toBe(error);
    manager.when("list").resolves([{ path: "made up", size: 1 }]);
    expect(await drained(manager.list(""))).toEqual([{ path: "made up", size: 1 }]);
    manager.when("list").rejects(error);
    expect(await failureOf(drained(manager.list("")))).toBe(error);
    expect(outcomes(manager).filter((outcome) => outcome.endsWith("error"))).toHaveLength(3);
  });

  it("tells what was dehydrated and not released", async () => {
    const manager = new RecordingManager();
    const first = await manager.dehydrate(longText("a"), { scope: "first" });
    await manager.dehydrate(longText("b"), { scope: "second" });
    await manager.writeBlob("a blob", "of the user's own");
    await manager.done("second", "one", { readers: ["one", "other"] });
    expect(await manager.unreleased()).toHaveLength(2);
    await manager.release("second");
    expect(await manager.unreleased()).toEqual([(first as { $storageRef: string }).$storageRef]);
    manager.reset();
    await manager.release("first");
    expect(await manager.unreleased()).toEqual([]);
  });

  it("forgets calls and plans, and nothing that is stored", async () => {
    const manager = new RecordingManager();
    await manager.dehydrate(longText("a"));
    manager.when("dehydrate").resolves("made up");
    const { calls } = manager;
    manager.reset();
    expect([calls, manager.calls]).toEqual([[], []]);
    expect(await manager.dehydrate("b")).toBe("b");
    expect(await manager.unreleased()).toHaveLength(1);
  });

  it("records what its tenants do", async () => {
    const manager = new RecordingManager();
    const tenant = manager.forTenant("acme");
    await tenant.dehydrate("a", { scope: "s" });
    expect(manager.calls).toMatchObject([
      { method: "forTenant", args: ["acme"], outcome: "success" },
      { method: "dehydrate", tenant: "acme", args: ["a", { scope: "s" }], outcome: "success" },
    ]);
    expect("tenant" in manager.calls[0]!).toBe(false);
    manager.when("hydrate").resolves("planned");
    expect(await tenant.hydrate("b")).toBe("planned");
    await tenant.close();
    expect(thrownBy(() => tenant.forTenant("other")).code).toBe("CONFIG_INVALID");
  });

  it("shares nothing with another one", async () => {
    const store = new MemoryStore();
    const [one, other] = [new RecordingManager({ store }), new RecordingManager({ store })];
    one.when("hydrate").resolves("planned");
    expect(await other.hydrate("a")).toBe("a");
    expect([one.calls, other.calls.length]).toEqual([[], 1]);
    expect(await new StorageManager({ store }).hydrate("a")).toBe("a");
    expect(other.calls).toHaveLength(1);
  });

  it("can be derived from", async () => {
    class Shouting extends RecordingManager {
      override async hydrate<T>(value: unknown): Promise<T> {
        return String(await super.hydrate(value)).toUpperCase() as T;
      }
    }
    const manager = new Shouting();
    expect(await manager.hydrate("a")).toBe("A");
    expect(manager.callsOf("hydrate")[0]!.value).toBe("a");
  });

  it.each([null, "options", [], { stores: {} }, { store: {} }])("refuses wrong options: %j", (options) => {
    expect(thrownBy(() => new RecordingManager(options as StorageManagerOptions)).code).toBe("CONFIG_INVALID");
  });

  it.each(["dehydarte", "store", "toString"])("refuses what is no method: %s", (method) => {
    const manager = new RecordingManager();
    expect(thrownBy(() => manager.when(method as "hydrate")).message).toContain("dehydrate");
    expect(thrownBy(() => manager.callsOf(method as "hydrate")).code).toBe("CONFIG_INVALID");
  });
});

describe("a snapshot", () => {
  it("keeps what is more than data, and what it can't copy", () => {
    const getter = { get a(): number { throw new Error("It was read."); } }; // prettier-ignore
    const trap = new Proxy({}, { ownKeys: () => { throw new Error("It was read."); } }); // prettier-ignore
    let deep: unknown[] = [];
    for (let i = 0; i < 100_000; i++) deep = [deep];
    for (const value of [getter, trap, deep, new Map(), Symbol.iterator, () => 1, new AbortController().signal]) {
      expect(snapshot<unknown>(value)).toBe(value);
    }
  });

  it("copies cycles, own __proto__, and holes", () => {
    const cycle: Record<string, unknown> = {};
    cycle["self"] = cycle;
    const copy = snapshot(cycle);
    expect(copy).not.toBe(cycle);
    expect(copy["self"]).toBe(copy);
    const hostile = JSON.parse('{"__proto__":{"a":1}}') as object;
    expect(Object.keys(snapshot(hostile))).toEqual(["__proto__"]);
    expect(snapshot([1, , 2])).toEqual([1, , 2]);
  });
});
