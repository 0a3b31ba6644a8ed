import { StorageManager } from "../../src/manager/storage-manager.js";
import { ReplicatedStore } from "../../src/store/compose/replicated/replicated-store.js";
import { MemoryStore } from "../../src/store/drivers/memory-store.js";
import { failureOf } from "../support/failure.js";

class HangingStore extends MemoryStore {
  override close(): Promise<void> {
    return new Promise(() => undefined);
  }
}

class ClosedStore extends MemoryStore {
  closed = false;
  override close(): Promise<void> {
    this.closed = true;
    return Promise.resolve();
  }
}

describe("close of a manager", () => {
  it("ends with TIMEOUT when the store hangs", async () => {
    const manager = new StorageManager({ store: new HangingStore(), timeout: 1 });
    expect(await failureOf(manager.close())).toMatchObject({ code: "TIMEOUT", operation: "close" });
  });

  it("closes the other stores of a composition in which one hangs", async () => {
    const other = new ClosedStore();
    const store = new ReplicatedStore({ stores: { hanging: new HangingStore(), other } });
    expect(await failureOf(new StorageManager({ store, timeout: 1 }).close())).toMatchObject({ code: "TIMEOUT" });
    expect(other.closed).toBe(true);
  });

  it("takes a store whose close throws at once", async () => {
    const store = new MemoryStore();
    store.close = () => {
      throw new Error("no");
    };
    expect(await failureOf(new StorageManager({ store }).close())).toMatchObject({ code: "UNEXPECTED" });
  });
});
