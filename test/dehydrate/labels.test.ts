import { Readable } from "node:stream";
import { gzip } from "../../src/codecs/gzip.js";
import { aes256gcm } from "../../src/codecs/aes256gcm/aes256gcm.js";
import { StorageManager } from "../../src/manager/storage-manager.js";
import type { StorageManagerOptions } from "../../src/configure/options.js";
import { labelExpiry } from "../../src/object/expiry-label.js";
import { MemoryStore } from "../../src/store/drivers/memory-store.js";
import type { ObjectInfo, StoreBody, WriteOptions } from "../../src/store/store.js";
import { FakeClock } from "../../src/testing/fake-clock.js";
import { longText } from "../support/payloads.js";
import { objectsOf } from "../support/stored.js";
import { storageError } from "../store/storage-error.js";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const START = Date.parse("2026-11-28T14:20:00Z");

function setup(options: StorageManagerOptions = {}, start = START) {
  const store = new MemoryStore();
  const clock = new FakeClock(start);
  const retention = { clock, ...options.retention };
  return { store, clock, manager: new StorageManager({ store, ...options, retention }) };
}

const labelsOf = async (store: MemoryStore) => {
  const paths = [...(await objectsOf(store)).keys()];
  return [...new Set(paths.map((path) => /\/(@[^/]*)\//.exec(path)?.[1]))].sort();
};

describe("a ttl", () => {
  it("of the call is a label between scope and name, and the reference hydrates", async () => {
    const { store, manager } = setup();
    const text = longText("a");
    const value = await manager.dehydrate({ text }, { scope: "run/1", ttl: 7 * DAY });
    expect(JSON.stringify(value)).toMatch(/"outputs\/run\/1\/@2026-12-06\/[0-9a-f]{64}\.json"/);
    expect(await manager.hydrate(value)).toEqual({ text });
    expect(await labelsOf(store)).toEqual(["@2026-12-06"]);
  });

  it("of the manager, by hours up to two days, is that of calls without one; never overrides it", async () => {
    const { store, manager } = setup({ retention: { ttl: 2 * DAY } });
    await manager.dehydrate(longText("a"));
    await manager.dehydrateInputs(longText("b"));
    await manager.dehydrate(longText("c"), { ttl: "never" });
    expect(await labelsOf(store)).toEqual(["@2026-11-30T15", undefined]);
  });

  it("of a policy is that of the first whose scope fits, then that of the manager", async () => {
    const policies = [
      { scope: "audit/**", ttl: "never" as const },
      { scope: "audit/x", ttl: 3 * HOUR },
      { scope: "short/*", ttl: 2 * HOUR },
    ];
    const { store, manager } = setup({ retention: { ttl: 5 * HOUR, policies } });
    const value = longText("a");
    await manager.dehydrate(value, { scope: "audit/x" });
    await manager.dehydrate(value, { scope: "short/1" });
    await manager.dehydrate(value, { scope: "short/1/2" });
    await manager.dehydrate(value, { scope: "short/2", ttl: 9 * HOUR });
    const paths = [...(await objectsOf(store)).keys()].map((path) => path.replace(/[^/]*$/, ""));
    expect(paths).toEqual([
      "outputs/audit/x/",
      "outputs/short/1/2/@2026-11-28T20/",
      "outputs/short/1/@2026-11-28T17/",
      "outputs/short/2/@2026-11-29T00/",
    ]);
  });

  it("is counted from the beginning of the call, once for all of its objects", async () => {
    const { store, clock, manager } = setup({ timeout: 10 * HOUR, retention: { ttl: 20 * HOUR } });
    const stream = Readable.from(
      (async function* () {
        yield longText("a", 5000);
        await clock.advance(3 * HOUR);
        yield longText("b", 5000);
      })(),
    );
    const value = await manager.dehydrate([stream, longText("c")], { scope: "s" });
    expect(await labelsOf(store)).toEqual(["@2026-11-29T11"]);
    expect(await manager.hydrate(value)).toHaveLength(2);
  });

  it("shares objects among retries of one hour, and never across it", async () => {
    const { store, clock, manager } = setup({ retention: { ttl: 5 * HOUR } });
    const first = await manager.dehydrate(longText("a"), { scope: "s" });
    expect(await manager.dehydrate(longText("a"), { scope: "s" })).toEqual(first);
    await clock.advance(HOUR);
    expect(await manager.dehydrate(longText("a"), { scope: "s" })).not.toEqual(first);
    expect((await objectsOf(store)).size).toBe(2);
  });

  it("stands in the same place in the dialect bubustack, whose readers take any path", async () => {
    const { manager, store } = setup({ dialect: "bubustack" });
    const value = await manager.dehydrate({ a: longText("a") }, { scope: "s", ttl: 5 * HOUR });
    expect(value).toMatchObject({ a: { $bubuStorageRef: "outputs/s/@2026-11-28T20/a.json" } });
    expect(await new StorageManager({ store }).hydrate(value)).toEqual({ a: longText("a") });
  });

  it("binds what is encrypted to its place, with the label", async () => {
    const codecs = [gzip(), aes256gcm({ keys: { k: Buffer.alloc(32, 7) }, activeKeyId: "k" })];
    const { manager, store } = setup({ codecs });
    const payload = [longText("a", 5000), Readable.from([longText("b", 9000)])];
    const value = (await manager.dehydrate(payload, { scope: "s", ttl: 5 * HOUR })) as { $storageRef: string }[];
    expect(await manager.hydrate(value)).toHaveLength(2);
    const later = value[0]!.$storageRef.replace("T20", "T21");
    await store.copy(value[0]!.$storageRef, later);
    await expect(manager.hydrate({ ...value[0]!, $storageRef: later })).rejects.toThrow(
      storageError({ code: "INTEGRITY" }),
    );
    const report = await manager.verify(value);
    expect(report.problems).toEqual([]);
  });

  it("stays with the tenant, and with an inline payload nothing is written", async () => {
    const { manager, store } = setup({ retention: { ttl: 5 * HOUR } });
    const tenant = manager.forTenant("t");
    const value = await tenant.dehydrate(longText("a"), { scope: "s" });
    expect(value).toMatchObject({ $storageRef: expect.stringMatching(/^outputs\/t\/s\/@2026-11-28T20\//) as string });
    expect(await tenant.hydrate(value)).toBe(longText("a"));
    await manager.dehydrate("small");
    expect((await objectsOf(store)).size).toBe(1);
  });

  it("is what release of the scope goes by, too", async () => {
    const { manager, store } = setup({ retention: { ttl: 5 * HOUR } });
    await manager.dehydrate(longText("a"), { scope: "s" });
    expect(await manager.release("s")).toEqual({ deleted: 1 });
    expect((await objectsOf(store)).size).toBe(0);
  });
});

/** A store that answers a write as late as its clock says. */
class LateStore extends MemoryStore {
  constructor(private readonly late: () => Promise<void>) {
    super();
  }

  override async write(path: string, body: StoreBody, options?: WriteOptions): Promise<ObjectInfo> {
    const info = await super.write(path, body, options);
    await this.late();
    return info;
  }
}

describe("a call with a ttl that returns late", () => {
  const payload = [longText("a"), longText("b")];

  it("by the wall clock alone, as after a suspension, is TIMEOUT, and leaves nothing", async () => {
    const clock = new FakeClock(START);
    const store = new LateStore(() => clock.advance(301_000));
    const manager = new StorageManager({ store, retention: { clock, ttl: 2 * HOUR } });
    await expect(manager.dehydrate(payload)).rejects.toThrow(storageError({ code: "TIMEOUT", retryable: true }));
    expect((await objectsOf(store)).size).toBe(0);
    // Without a label nothing ends early.
    await manager.dehydrate(payload, { ttl: "never" });
  });

  it("by the monotonic clock alone, as with a wall clock that is set back, is TIMEOUT", async () => {
    const clock = new FakeClock(START);
    let now = 0;
    const spy = jest.spyOn(performance, "now").mockImplementation(() => now);
    try {
      const store = new LateStore(() => {
        now += 301_000;
        return Promise.resolve();
      });
      const manager = new StorageManager({ store, retention: { clock, ttl: 2 * HOUR } });
      await expect(manager.dehydrate(payload)).rejects.toThrow(storageError({ code: "TIMEOUT" }));
    } finally {
      spy.mockRestore();
    }
  });
});

describe("a ttl that can't be", () => {
  const { manager } = setup();

  it.each([0, -1, 1.5, NaN, Infinity, "7d", null, {}, 36_525 * DAY + 1])("%p is refused", async (ttl) => {
    await expect(manager.dehydrate("x", { ttl: ttl as number })).rejects.toThrow(
      storageError({ code: "CONFIG_INVALID", message: expect.stringContaining("ttl: must be milliseconds") as string }),
    );
  });

  it("is refused when the call may take longer, also one of the manager's by a longer timeout of the call", async () => {
    const refused = storageError({
      code: "CONFIG_INVALID",
      message: expect.stringContaining("timeout and margin") as string,
    });
    await expect(manager.dehydrate("x", { ttl: HOUR + 299_999 })).rejects.toThrow(refused);
    await expect(manager.dehydrate("x", { ttl: HOUR + 300_000 })).resolves.toBe("x");
    expect(() => new StorageManager({ retention: { ttl: HOUR } })).toThrow(refused);
    expect(() => new StorageManager({ timeout: 1, retention: { ttl: HOUR } })).toThrow(refused);
    const own = setup({ retention: { ttl: 2 * HOUR, policies: [{ scope: "a", ttl: 3 * HOUR }] } });
    const long = { timeout: 1.5 * HOUR };
    await expect(own.manager.dehydrate(longText("a"), long)).rejects.toThrow(refused);
    await expect(own.manager.dehydrate(longText("a"), { ...long, scope: "a" })).resolves.toBeDefined();
  });

  it("is named, with all else that is wrong with retention", () => {
    const policies = [
      { scope: "a", ttl: 1 },
      { scope: "", ttl: "never" as const },
    ];
    const make = () => new StorageManager({ retention: { ttl: 1, policies: [policies[0]!] } });
    expect(make).toThrow(/retention\.ttl: must.*retention\.policies\.0\.ttl: must/);
    expect(() => new StorageManager({ retention: { policies, maxScan: 0, gc: 1 } as object })).toThrow(
      /retention\.policies\.1\.scope.*retention\.maxScan.*retention: Unrecognized key: "gc"/,
    );
  });
});

it.each(["a/@2026-12-05", "@2026-12-05T14/b", "@2026-99-99", ".done", "a/.done/x", ".coatcheck/y", "a/.coatcheck-z"])(
  "the scope %s is reserved",
  async (scope) => {
    const { manager } = setup();
    await expect(manager.dehydrate("x", { scope })).rejects.toThrow(
      storageError({ code: "CONFIG_INVALID", message: expect.stringContaining("scope: must not hold") as string }),
    );
  },
);

it("a label ends when it says", () => {
  expect(labelExpiry("@2026-11-28T20")).toBe(START + 5 * HOUR + 40 * 60_000);
});
