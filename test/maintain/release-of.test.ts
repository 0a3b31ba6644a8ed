import { StorageManager } from "../../src/manager/storage-manager.js";
import { MemoryStore } from "../../src/store/drivers/memory-store.js";
import type { StorageReference } from "../../src/reference/reference.js";
import { FakeClock } from "../../src/testing/fake-clock.js";
import { longText } from "../support/payloads.js";
import { objectsOf } from "../support/stored.js";
import { storageError } from "../store/storage-error.js";

const HOUR = 3_600_000;
const key = Buffer.alloc(32, 1);
const signing = { keys: { k: key }, activeKeyId: "k" };

describe("releaseOf", () => {
  it("releases the scopes of the references in an envelope, with a label or without, each once", async () => {
    const store = new MemoryStore();
    const manager = new StorageManager({ store, pack: false });
    const a = await manager.dehydrate([longText("a"), longText("b")], { scope: "run/1" });
    const b = await manager.dehydrateInputs({ x: longText("c") }, { scope: "run/2", ttl: 5 * HOUR });
    const other = await manager.dehydrate(longText("d"), { scope: "run/3" });
    const envelope = { a, b, again: a, plain: ["x", { $$storageRef: "outputs/run/3/x" }] };
    expect(await manager.releaseOf(envelope, { dryRun: true })).toEqual({ deleted: 3, scopes: ["run/1", "run/2"] });
    expect((await objectsOf(store)).size).toBe(4);
    expect(await manager.releaseOf(envelope)).toEqual({ deleted: 3, scopes: ["run/1", "run/2"] });
    expect(await manager.hydrate(other)).toBe(longText("d"));
    expect(await manager.releaseOf(envelope)).toEqual({ deleted: 0, scopes: ["run/1", "run/2"] });
    expect(await manager.releaseOf({ plain: 1 })).toEqual({ deleted: 0, scopes: [] });
  });

  it("leaves alone what does not lie below its own prefixes, or the one of the call", async () => {
    const store = new MemoryStore();
    const manager = new StorageManager({ store, allow: ["shared"] });
    const shared = await manager.dehydrate(longText("a"), { scope: "s", prefix: "shared/x" });
    const own = await manager.dehydrate(longText("a"), { scope: "s" });
    const elsewhere = { $bubuStorageRef: "other/s/x.json" };
    expect(await manager.releaseOf([shared, own, elsewhere])).toEqual({ deleted: 1, scopes: ["s"] });
    expect(await manager.releaseOf([shared, own], { prefix: "shared/x" })).toEqual({ deleted: 1, scopes: ["s"] });
    const tenant = manager.forTenant("t");
    const again = await manager.dehydrate(longText("a"), { scope: "s" });
    expect(await tenant.releaseOf(again)).toEqual({ deleted: 0, scopes: [] });
  });

  it("takes the outer of two scopes that lie in each other, which releases both", async () => {
    const manager = new StorageManager({ store: new MemoryStore() });
    const envelope = [
      await manager.dehydrate(longText("a"), { scope: "run/1" }),
      await manager.dehydrate(longText("b"), { scope: "run" }),
    ];
    expect(await manager.releaseOf(envelope)).toEqual({ deleted: 2, scopes: ["run"] });
  });

  it("with signing refuses a reference that nobody signed, before anything is deleted; one may have expired", async () => {
    const store = new MemoryStore();
    const clock = new FakeClock(0);
    const manager = new StorageManager({ store, pack: false, signing: { ...signing, ttl: 1000, clock } });
    const good = (await manager.dehydrate(longText("a"), { scope: "a" })) as StorageReference;
    const forged = { ...good, $storageRef: good.$storageRef.replace("/a/", "/b/") };
    await clock.advance(5000);
    await expect(manager.releaseOf([good, forged])).rejects.toThrow(storageError({ code: "SIGNATURE_INVALID" }));
    expect((await objectsOf(store)).size).toBe(1);
    expect(await manager.releaseOf([good])).toEqual({ deleted: 1, scopes: ["a"] });
  });
});

describe("release", () => {
  it("with dryRun counts and changes nothing", async () => {
    const store = new MemoryStore();
    const manager = new StorageManager({ store });
    await manager.dehydrate(longText("a"), { scope: "s" });
    expect(await manager.release("s", { dryRun: true, tombstone: HOUR })).toEqual({ deleted: 1 });
    expect((await objectsOf(store)).size).toBe(1);
  });

  it("with a tombstone tells readers RELEASED while it lasts, of scopes below too, by hydrate and open", async () => {
    const store = new MemoryStore();
    const clock = new FakeClock(Date.UTC(2026, 10, 28, 14, 30));
    const manager = new StorageManager({ store, retention: { clock } });
    const reference = (await manager.dehydrate(longText("a"), { scope: "run/1", ttl: 5 * HOUR })) as StorageReference;
    const binary = (await manager.dehydrate(Buffer.alloc(9), { scope: "run" })) as StorageReference;
    expect(await manager.release("run", { tombstone: 2 * HOUR })).toEqual({ deleted: 2 });
    const paths = [...(await objectsOf(store)).keys()];
    expect(paths).toEqual(["outputs/run/.coatcheck-released@2026-11-28T17"]);
    const released = storageError({ code: "RELEASED", retryable: false, path: reference.$storageRef });
    await expect(manager.hydrate(reference)).rejects.toThrow(released);
    await expect(manager.open(reference)).rejects.toThrow(released);
    await expect(manager.open(binary)).rejects.toThrow(storageError({ code: "RELEASED" }));
    // What was lost, and a scope whose name only begins so, are NOT_FOUND.
    const lost = { ...reference, $storageRef: reference.$storageRef.replace("run/1", "running/1") };
    await expect(manager.hydrate(lost)).rejects.toThrow(storageError({ code: "NOT_FOUND" }));
    // Another release keeps it while it is good, and removes it then.
    expect(await manager.release("run")).toEqual({ deleted: 0 });
    await expect(manager.hydrate(reference)).rejects.toThrow(released);
    await clock.advance(2.5 * HOUR);
    await expect(manager.hydrate(reference)).rejects.toThrow(storageError({ code: "NOT_FOUND" }));
    await manager.release("run");
    expect((await objectsOf(store)).size).toBe(0);
  });

  it("leaves no tombstone where nothing was, and writes it before it deletes", async () => {
    const calls: string[] = [];
    class Told extends MemoryStore {
      override async delete(path: string): Promise<void> {
        calls.push("delete");
        await super.delete(path);
      }
      override async write(...args: Parameters<MemoryStore["write"]>) {
        calls.push("write");
        return super.write(...args);
      }
    }
    const store = new Told();
    const manager = new StorageManager({ store });
    await manager.dehydrate(longText("a"), { scope: "s" });
    calls.length = 0;
    await manager.release("s", { tombstone: HOUR });
    expect(calls).toEqual(["write", "delete"]);
    await manager.release("other", { tombstone: HOUR });
    expect((await objectsOf(store)).size).toBe(1);
  });

  it.each([0, -1, 1.5, "1h", NaN])("refuses the tombstone %p", async (tombstone) => {
    const manager = new StorageManager({ store: new MemoryStore() });
    await expect(manager.release("s", { tombstone: tombstone as number })).rejects.toThrow(
      storageError({ code: "CONFIG_INVALID", message: expect.stringContaining("tombstone") as string }),
    );
  });
});

describe("what is no tombstone", () => {
  it("is not taken for one, and goes with the scope", async () => {
    const store = new MemoryStore();
    const manager = new StorageManager({ store });
    const reference = await manager.dehydrate(longText("a"), { scope: "s" });
    await store.write("outputs/s/.coatcheck-released@some-day", "");
    expect(await manager.release("s")).toEqual({ deleted: 1 });
    await store.write("outputs/s/.coatcheck-released@some-day", "");
    await expect(manager.hydrate(reference)).rejects.toThrow(storageError({ code: "NOT_FOUND" }));
  });

  it("can't be found where the store does not list", async () => {
    class Unlisted extends MemoryStore {
      override readonly capability = { ...new MemoryStore().capability, list: false };
    }
    const store = new Unlisted();
    const manager = new StorageManager({ store });
    const reference = (await manager.dehydrate(longText("a"), { scope: "s" })) as StorageReference;
    await store.delete(reference.$storageRef);
    await store.write("outputs/s/.coatcheck-released@9999-01-01", "");
    await expect(manager.hydrate(reference)).rejects.toThrow(storageError({ code: "NOT_FOUND" }));
  });
});
