import type { HydrateProgress } from "../../src/index.js";
import { StorageManager } from "../../src/manager/storage-manager.js";
import { MemoryStore } from "../../src/store/drivers/memory-store.js";
import { longText } from "../support/payloads.js";
import { putJson } from "../support/stored.js";
import { turn } from "../support/turn.js";

describe("onProgress", () => {
  it("is told after every object, up to all of them", async () => {
    const store = new MemoryStore();
    const inner = await putJson(store, longText("a"));
    const outer = await putJson(store, [inner, inner]);
    const told: HydrateProgress[] = [];
    await new StorageManager({ store }).hydrate(outer, { onProgress: (progress) => told.push(progress) });
    const [o, i] = [outer.$storageSize, inner.$storageSize];
    expect(told).toEqual([
      { references: 1, resolved: 1, bytes: o },
      { references: 3, resolved: 2, bytes: o + i },
      { references: 3, resolved: 3, bytes: o + 2 * i },
    ]);
  });

  it.each([
    [
      "throws",
      () => {
        throw new Error("a listener");
      },
    ],
    ["rejects", () => Promise.reject(new Error("a listener"))],
  ])("changes nothing when it %s", async (_, onProgress: () => unknown) => {
    const store = new MemoryStore();
    const reference = await putJson(store, 1);
    await expect(new StorageManager({ store }).hydrate(reference, { onProgress })).resolves.toBe(1);
    await turn();
  });
});
