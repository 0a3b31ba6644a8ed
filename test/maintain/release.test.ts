import { StorageManager } from "../../src/manager/storage-manager.js";
import { MemoryStore } from "../../src/store/drivers/memory-store.js";
import { StorageError } from "../../src/errors/error.js";
import { failureOf } from "../support/failure.js";
import { HeldStore } from "../support/held-store.js";
import { longText } from "../support/payloads.js";
import { RecordingStore } from "../support/recording-store.js";
import { objectsOf } from "../support/stored.js";
import { TappedStore } from "../support/tapped-store.js";
import { turn } from "../support/turn.js";

const paths = async (store: MemoryStore) => [...(await objectsOf(store)).keys()];

describe("release", () => {
  it("deletes every object of a scope and of those below it, under both prefixes, and nothing else", async () => {
    const store = new MemoryStore();
    const manager = new StorageManager({ pack: false, store });
    for (const scope of ["run-1", "run-1/step-1", "run-1/step-1/deeper"]) {
      await manager.dehydrate([longText("a"), longText("b")], { scope });
      await manager.dehydrateInputs(longText("c"), { scope });
    }
    const others = ["run-10", "run-1x/a", "run", "RUN-1", "run-2/run-1"];
    const kept = await Promise.all(others.map((scope) => manager.dehydrate(longText("a"), { scope })));
    await store.write("run-1/a", "mine");
    await store.write("outputs/run-1", "a file beside a folder");
    await expect(manager.release("run-1")).resolves.toEqual({ deleted: 9 });
    await expect(manager.hydrate(kept)).resolves.toEqual(others.map(() => longText("a")));
    expect(await paths(store)).toHaveLength(others.length + 2);
    await expect(manager.release("run-1")).resolves.toEqual({ deleted: 0 });
  });

  it("does not count what the collector keeps there", async () => {
    const store = new MemoryStore();
    const manager = new StorageManager({ store });
    await manager.dehydrate(longText("a"), { scope: "x/s" });
    await manager.collect({ prefix: "outputs/x" });
    expect(await manager.release("x")).toEqual({ deleted: 1 });
    expect((await objectsOf(store)).size).toBe(0);
  });

  it("can take a scope below others alone", async () => {
    const store = new MemoryStore();
    const manager = new StorageManager({ pack: false, store });
    const outer = await manager.dehydrate(longText("a"), { scope: "run" });
    await manager.dehydrate(longText("a"), { scope: "run/step" });
    await expect(manager.release("run/step")).resolves.toEqual({ deleted: 1 });
    await expect(manager.hydrate(outer)).resolves.toBe(longText("a"));
  });

  it.each(["", "/", "..", "run/..", "../outputs", "run//x", "run/", ".", "*\\", null, undefined, 7, {}, ["run"]])(
    "refuses the scope %j, and deletes nothing",
    async (scope) => {
      const store = new RecordingStore();
      const manager = new StorageManager({ pack: false, store });
      await manager.dehydrate(longText("a"), { scope: "run" });
      store.calls.length = 0;
      expect((await failureOf(manager.release(scope as string))).code).toBe("INVALID_PATH");
      expect(store.calls).toEqual([]);
    },
  );

  it.each(["@2026-12-05", "run/@2026-12-05T14", "run/.done", ".coatcheck"])(
    "refuses the scope %j, which no payload can have, and so does done",
    async (scope) => {
      const store = new RecordingStore();
      const manager = new StorageManager({ pack: false, store });
      await manager.dehydrate(longText("a"), { scope: "run", ttl: 7 * 86_400_000 });
      store.calls.length = 0;
      for (const failing of [manager.release(scope), manager.done(scope, "a", { readers: ["a"] })]) {
        const { code, message } = await failureOf(failing);
        expect([code, message]).toEqual(["CONFIG_INVALID", expect.stringContaining("these names are reserved")]);
      }
      expect(store.calls).toEqual([]);
    },
  );

  it("deletes what is listed once where both prefixes are the same", async () => {
    const store = new RecordingStore();
    const manager = new StorageManager({ pack: false, store, inputPrefix: "both", outputPrefix: "both" });
    await manager.dehydrate(longText("a"), { scope: "run" });
    await expect(manager.release("run")).resolves.toEqual({ deleted: 1 });
    expect(store.paths("delete")).toHaveLength(1);
  });

  it("deletes at most `concurrency` objects at a time, of scopes of any size", async () => {
    const store = new MemoryStore();
    for (let i = 0; i < 2500; i++) await store.write(`outputs/run/${i}`, "");
    let inFlight = 0;
    let most = 0;
    const counting = new TappedStore(async (call, proceed) => {
      if (call.operation !== "delete") return proceed();
      most = Math.max(most, ++inFlight);
      await Promise.resolve();
      const result = await proceed();
      inFlight--;
      return result;
    }, store);
    await expect(new StorageManager({ pack: false, store: counting, concurrency: 4 }).release("run")).resolves.toEqual({
      deleted: 2500,
    });
    expect(most).toBe(4);
    expect(await paths(store)).toEqual([]);
  });

  it("rejects with the first failure, and can be tried again", async () => {
    const store = new HeldStore(["delete"]);
    for (const name of ["a", "b", "c"]) await store.inner.write(`outputs/run/${name}`, "");
    const manager = new StorageManager({ pack: false, store });
    const call = failureOf(manager.release("run"));
    await store.until(3);
    const failure = new StorageError("PERMISSION_DENIED", "Not this one.");
    store.held[0]!.release();
    await turn();
    store.held[1]!.fail(failure);
    store.held[2]!.fail(new Error("later"));
    expect(await call).toBe(failure);
    const again = manager.release("run");
    await store.until(4);
    for (const { path } of store.held.slice(3)) expect(path).not.toBe("outputs/run/a");
    await turn();
    for (const held of store.held.slice(3)) held.release();
    await expect(again).resolves.toEqual({ deleted: 2 });
  });

  it("makes references dead", async () => {
    const manager = new StorageManager({ pack: false, store: new MemoryStore() });
    const dehydrated = await manager.dehydrate(longText("a"), { scope: "run" });
    await manager.release("run");
    expect((await failureOf(manager.hydrate(dehydrated))).code).toBe("NOT_FOUND");
  });
});
