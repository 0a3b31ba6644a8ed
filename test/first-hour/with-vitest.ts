// Vitest: a store of one's own is four functions, and has to pass all that managers rely on.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { StorageManager, defineStore } from "coatcheck";
import { RecordingManager, storeConformance } from "coatcheck/testing";

function mapStore() {
  const objects = new Map<string, Uint8Array>();
  return defineStore({
    name: "map",
    get: (path) => objects.get(path),
    put: (path, bytes) => void objects.set(path, bytes),
    delete: (path) => objects.delete(path),
    keys: () => objects.keys(),
  });
}

storeConformance({ describe, it, beforeEach, afterEach }, { name: "mapStore", create: mapStore });

describe("a manager over it", () => {
  it("gives back what it was given", async () => {
    const manager = new StorageManager({ store: mapStore() });
    const payload = { text: "a long line\n".repeat(1000), bytes: new Uint8Array(3000).fill(7) };
    const message = await manager.dehydrate(payload);
    expect(JSON.stringify(message).length).toBeLessThan(1000);
    expect(await manager.hydrate(message)).toEqual(payload);
  });

  it("is recorded, and leaves nothing", async () => {
    const manager = new RecordingManager({ store: mapStore() });
    await manager.dehydrate("a long line\n".repeat(1000), { scope: "run-1" });
    expect(manager.calls.map(({ method, outcome }) => [method, outcome])).toEqual([["dehydrate", "success"]]);
    await manager.release("run-1");
    expect(await manager.unreleased()).toEqual([]);
  });
});
