import { StorageManager } from "../../src/manager/storage-manager.js";
import { MemoryStore } from "../../src/store/drivers/memory-store.js";
import { FaultStore } from "../../src/testing/fault-store.js";
import { limited } from "../support/limited-store.js";
import { putJsonPack } from "../support/packed.js";
import { objectsOf, put, putJson, storedJson } from "../support/stored.js";
import { PAYLOAD } from "../support/verified.js";

describe("a store that fails", () => {
  it.each(["UNAVAILABLE", "THROTTLED", "PERMISSION_DENIED", "CONTAINER_NOT_FOUND"] as const)(
    "says nothing of objects: %s is refused",
    async (code) => {
      const store = new MemoryStore();
      const payload = await new StorageManager({ store, pack: false }).dehydrate(PAYLOAD, { scope: "s" });
      const objects = [...(await objectsOf(store))];
      const faulty = new FaultStore(store, { faults: [{ on: "read", fault: { error: code } }] });
      const [ofPayload, ofPrefix] = [
        await new StorageManager({ store: faulty }).verify(payload),
        await new StorageManager({ store: faulty }).verifyPrefix("outputs/"),
      ];
      for (const report of [ofPayload, ofPrefix]) {
        expect(report).toMatchObject({ refused: objects.length, corrupt: 0, missing: 0, ok: false });
        expect(report.problems.every(({ error }) => error!.code === code)).toBe(true);
      }
    },
  );

  it("by describing nothing, says nothing of what references point at", async () => {
    const store = new MemoryStore();
    const inner = await putJsonPack(store, ["a", "b"], "outputs/z/pack");
    await putJson(store, inner);
    const faulty = new FaultStore(store, { faults: [{ on: "stat", times: 1, fault: { error: "UNAVAILABLE" } }] });
    const report = await new StorageManager({ store: faulty, concurrency: 1 }).verifyPrefix("outputs/s/");
    expect(report).toMatchObject({ refused: 1, missing: 0, references: 2 });
    // A store that can't describe objects is read instead.
    const manager = new StorageManager({ store: limited(["stat"], store) });
    expect(await manager.verifyPrefix("outputs/s/")).toMatchObject({ ok: true, references: 2 });
    await store.delete("outputs/z/pack");
    expect(await manager.verifyPrefix("outputs/s/")).toMatchObject({ missing: 2 });
  });

  it("is no reason to call an object missing that it lists, unless it says that it is not there", async () => {
    const store = new MemoryStore();
    await put(store, storedJson(1));
    const faulty = new FaultStore(store, { faults: [{ on: "read", fault: { error: "NOT_FOUND" } }] });
    expect(await new StorageManager({ store: faulty }).verifyPrefix("")).toMatchObject({ missing: 1 });
    const gone = new FaultStore(store, {
      faults: [{ on: "read", when: "before", fault: { error: "NOT_FOUND" } }],
    });
    gone.stat = async () => Promise.resolve(undefined); // deleted since it was listed
    expect(await new StorageManager({ store: gone }).verifyPrefix("")).toMatchObject({ ok: true, objects: 1 });
  });
});
