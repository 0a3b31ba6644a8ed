import type { RetentionOptions } from "../../src/configure/retention.js";
import { StorageError, type StorageErrorCode } from "../../src/errors/error.js";
import { examine } from "../../src/inspector/doctor/examination.js";
import type { Finding } from "../../src/inspector/doctor/finding.js";
import { StorageManager } from "../../src/manager/storage-manager.js";
import type { BucketLifecycle } from "../../src/store/drivers/bucket-lifecycle.js";
import { MemoryStore } from "../../src/store/drivers/memory-store.js";
import { withRetry } from "../../src/store/layers/retry.js";
import type {
  ListOptions,
  ObjectInfo,
  ReadOptions,
  ReadResult,
  Store,
  StoreBody,
  WriteOptions,
} from "../../src/store/store.js";

const DAY = 86_400_000;

/** What the doctor says of lifecycle rules. */
async function lifecycleOf(store: Store, retention: RetentionOptions = {}): Promise<Partial<Finding> | undefined> {
  const manager = new StorageManager({ store, retention });
  const { signal } = new AbortController();
  const { findings } = await examine(manager, store, false, signal, () => undefined);
  return findings.find(({ probe }) => probe === "lifecycle");
}

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

class RarelyLooksFirst extends LooksFirst {
  override write(path: string, body: StoreBody, options: WriteOptions = {}): Promise<ObjectInfo> {
    const isWeak = path.endsWith("-7");
    return isWeak ? super.write(path, body, options) : MemoryStore.prototype.write.call(this, path, body, options);
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

/** A bucket with lifecycle rules, in memory. */
class Bucket extends MemoryStore {
  constructor(
    override readonly name: "memory",
    private readonly rules: readonly object[] | StorageErrorCode,
  ) {
    super();
  }

  async readLifecycle(): Promise<BucketLifecycle> {
    await Promise.resolve();
    if (typeof this.rules === "string") throw new StorageError(this.rules, "No.", {});
    return { rules: this.rules, prefix: "prod/" };
  }
}

const bucket = (rules: readonly object[] | StorageErrorCode): Bucket => new Bucket("s3" as "memory", rules);

function rule(Days: number, Prefix = ""): object {
  return { ID: `after-${Days}`, Status: "Enabled", Filter: { Prefix }, Expiration: { Days } };
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
    ["a store that does so at one of 8 objects", new RarelyLooksFirst(), "ifNoneMatch"],
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

describe("doctor, of lifecycle rules", () => {
  const week = { ttl: 7 * DAY };

  it.each<[string, readonly object[] | StorageErrorCode, RetentionOptions, Partial<Finding>]>([
    ["no rules", [], week, { verdict: "fine", note: "there are no rules" }],
    ["a rule that waits for labels", [rule(8)], week, { verdict: "fine" }],
    ["a rule that ends payloads before their labels", [rule(7)], week, { verdict: "wrong", seen: false }],
    ["a rule about another prefix", [rule(1, "prod/other/")], week, { verdict: "fine" }],
    ["a rule about one of the prefixes", [rule(1, "prod/inputs/")], week, { verdict: "wrong" }],
    [
      "a rule before the longest policy",
      [rule(10)],
      { ...week, policies: [{ scope: "audit/**", ttl: 30 * DAY }] },
      { verdict: "wrong", note: "after-10: Expiration.Days deletes after 10 days; payloads live up to 31 days" },
    ],
    [
      "a rule, where payloads live until they are released",
      [rule(30)],
      {},
      {
        verdict: "note",
        note: "after-30: Expiration.Days deletes after 30 days; payloads live until they are released",
      },
    ],
    [
      "a denied right",
      "PERMISSION_DENIED",
      week,
      { verdict: "note", note: expect.stringContaining("s3:GetLifecycle") },
    ],
    ["a server without rules", "UNSUPPORTED", week, { verdict: "note", note: "the server has no lifecycle rules" }],
    [
      "rules of no known form",
      [{ days: 1 }],
      week,
      { verdict: "note", note: expect.stringContaining("CONFIG_INVALID") },
    ],
  ])("sees %s", async (_, rules, retention, finding) => {
    expect(await lifecycleOf(bucket(rules), retention)).toMatchObject(finding);
  });

  it("goes by the labels that are there, where the manager has no ttl", async () => {
    const store = bucket([rule(7)]);
    await new StorageManager({ store }).dehydrate({ text: "x".repeat(5000) }, { ttl: 30 * DAY });
    expect(await lifecycleOf(store)).toMatchObject({ verdict: "wrong" });
  });

  it("tells three of many rules", async () => {
    const { note } = (await lifecycleOf(bucket([1, 2, 3, 4, 5].map((days) => rule(days))), week))!;
    expect(note).toMatch(/after-3.*; and 2 more$/);
  });

  it("says how to look at rules that it can't read, and nothing of a store without any", async () => {
    expect((await lifecycleOf(withRetry(bucket([]))))?.note).toContain("lifecycle --check FILE");
    expect((await lifecycleOf(new Bucket("azure" as "memory", [])))?.note).toContain("lifecycle --check FILE");
    expect(await lifecycleOf(new MemoryStore())).toBeUndefined();
  });
});
