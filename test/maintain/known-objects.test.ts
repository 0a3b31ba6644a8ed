import { MemoryStore, StorageError, type ReadResult } from "../../src/index.js";
import { KnownObjects } from "../../src/maintain/verify/known-objects.js";
import { Semaphore } from "../../src/store/layers/semaphore.js";
import { failureOf } from "../support/failure.js";

const { signal } = new AbortController();

/** A store that describes no object without opening it. */
class WithoutStat extends MemoryStore {
  failure: StorageError | undefined;
  reads = 0;

  override stat(): Promise<undefined> {
    return Promise.reject(new StorageError("UNSUPPORTED", "No stat here."));
  }

  override read(path: string): Promise<ReadResult> {
    this.reads++;
    return this.failure === undefined ? super.read(path) : Promise.reject(this.failure);
  }
}

describe("objects of a store without stat", () => {
  it("are known by opening them, once each, those that are not there too", async () => {
    const store = new WithoutStat();
    await store.write("a", "12345");
    const known = new KnownObjects(store, new Semaphore(1));
    for (let time = 0; time < 2; time++) {
      expect(await known.find("a", signal)).toEqual({ size: 5 });
      expect(await known.find("b", signal)).toBeUndefined();
    }
    expect(store.reads).toBe(2);
  });

  it("are not known when the store fails, and asked for again", async () => {
    const store = new WithoutStat();
    store.failure = new StorageError("UNAVAILABLE", "Not now.");
    const known = new KnownObjects(store, new Semaphore(1));
    expect(await failureOf(known.find("a", signal))).toBe(store.failure);
    store.failure = undefined;
    await store.write("a", "1");
    expect(await known.find("a", signal)).toEqual({ size: 1 });
  });
});
