import { examine } from "../../src/inspector/doctor/examination.js";
import { StorageManager } from "../../src/manager/storage-manager.js";
import { MemoryStore } from "../../src/store/drivers/memory-store.js";
import type {
  ListOptions,
  ObjectInfo,
  ReadOptions,
  ReadResult,
  StoreBody,
  WriteOptions,
} from "../../src/store/store.js";

async function findingsOf(store: MemoryStore): Promise<{ wrong: string[]; capability: object }> {
  const manager = new StorageManager({ store });
  const { findings, capability } = await examine(manager, store, false, new AbortController().signal, () => undefined);
  return { wrong: findings.filter(({ verdict }) => verdict === "wrong").map(({ probe }) => probe), capability };
}

// Each is wrong in one way, as servers were seen to be.
class LooksFirst extends MemoryStore {
  override async write(path: string, body: StoreBody, options: WriteOptions = {}): Promise<ObjectInfo> {
    const { ifNoneMatch, ...others } = options;
    const isThere = ifNoneMatch !== undefined && (await this.stat(path)) !== undefined;
    await new Promise(setImmediate);
    return super.write(path, body, isThere ? options : others);
  }
}

class ListsLate extends MemoryStore {
  override async *list(prefix: string, options?: ListOptions): AsyncGenerator<ObjectInfo> {
    for await (const object of super.list(prefix, options)) if (!object.path.includes("/names/😀")) yield object;
  }
}

class ListsByLetters extends MemoryStore {
  override async *list(prefix: string, options?: ListOptions): AsyncGenerator<ObjectInfo> {
    const objects: ObjectInfo[] = [];
    for await (const object of super.list(prefix, options)) objects.push(object);
    yield* objects.sort((one, other) => one.path.toLowerCase().localeCompare(other.path.toLowerCase()));
  }
}

class OffByOne extends MemoryStore {
  override read(path: string, options: ReadOptions = {}): Promise<ReadResult> {
    return super.read(path, options.length === 96 ? { ...options, length: 95 } : options);
  }
}

class Slow extends MemoryStore {
  override async stat(path: string): Promise<ObjectInfo | undefined> {
    const info = await super.stat(path);
    return info === undefined ? undefined : { ...info, lastModified: new Date(Date.now() - 3_600_000) };
  }
}

describe("doctor", () => {
  it("finds nothing wrong with a store that is right, and leaves nothing in it", async () => {
    const store = new MemoryStore();
    const { wrong, capability } = await findingsOf(store);
    expect(wrong).toEqual([]);
    expect(capability).toEqual(store.capability);
    const left: string[] = [];
    for await (const { path } of store.list("")) left.push(path);
    expect(left).toEqual([]);
  });

  const STORES: [string, MemoryStore, string][] = [
    ["a store that looks first and writes then", new LooksFirst(), "ifNoneMatch"],
    ["a listing that lacks what was written", new ListsLate(), "list"],
    ["a listing in another order", new ListsByLetters(), "list"],
    ["ranges that are too short", new OffByOne(), "rangeRead"],
    ["a clock that is an hour late", new Slow(), "clock"],
  ];

  it.each(STORES)("sees %s", async (_, store, probe) => {
    const { wrong } = await findingsOf(store);
    expect(wrong).toEqual([probe]);
  });

  it("gives the capability that a store was seen to have", async () => {
    expect((await findingsOf(new LooksFirst())).capability).toMatchObject({ ifNoneMatch: false, ifMatch: true });
  });
});
