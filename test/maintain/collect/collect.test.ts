import { gzip } from "../../../src/codecs/gzip.js";
import type { StorageManagerOptions } from "../../../src/configure/options.js";
import { StorageManager } from "../../../src/manager/storage-manager.js";
import { MemoryStore } from "../../../src/store/drivers/memory-store.js";
import type { StorageReference } from "../../../src/reference/reference.js";
import { FakeClock } from "../../../src/testing/fake-clock.js";
import { FaultStore } from "../../../src/testing/fault-store.js";
import { longText } from "../../support/payloads.js";
import { objectsOf } from "../../support/stored.js";
import { storageError } from "../../store/storage-error.js";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const START = Date.parse("2026-11-28T14:20:00Z");
const STATE = "outputs/.coatcheck/collector";

function setup(options: StorageManagerOptions = {}, now = START) {
  const store = new MemoryStore();
  const clock = new FakeClock(now);
  const retention = { clock, gcInterval: 0, ...options.retention };
  return { store, clock, manager: new StorageManager({ store, pack: false, ...options, retention }) };
}

/** The paths that are there, without the collector's own. */
const pathsOf = async (store: MemoryStore) => [...(await objectsOf(store)).keys()].filter((path) => path !== STATE);

const texts = (count: number) => Array.from({ length: count }, (_, i) => longText(`${i} `));

describe("collect", () => {
  it("deletes what has a label that is over by the margin, and nothing before", async () => {
    const { store, clock, manager } = setup();
    const kept = await manager.dehydrate(longText("k"), { scope: "kept" });
    const dying = await manager.dehydrate(texts(3), { scope: "dying", ttl: 3 * HOUR }); // until 18:00
    await manager.dehydrateInputs(longText("i"), { scope: "dying", ttl: 3 * HOUR });
    const expected = { dryRun: false, skipped: false, failed: 0, complete: true, problems: [] };
    expect(await manager.collect()).toMatchObject({
      ...expected,
      ...{ scanned: 5, deleted: 0, deletedBytes: 0 },
      kept: { unexpired: 4, live: 0, young: 0, unlabelled: 1, unknown: 0, locked: 0 },
    });
    await clock.advance(4 * HOUR + 40 * MINUTE - 1); // 18:59:59.999
    expect(await manager.collect()).toMatchObject({ deleted: 0 });
    expect(await manager.hydrate(dying)).toHaveLength(3);
    await clock.advance(1);
    const bytes = [...(await objectsOf(store)).values()].reduce((sum, data) => sum + data.byteLength, 0);
    const report = await manager.collect();
    expect(report).toMatchObject({ ...expected, scanned: 5, deleted: 4, kept: { unlabelled: 1 } });
    expect(report.deletedBytes).toBeGreaterThan(4000);
    expect(report.deletedBytes).toBeLessThan(bytes);
    expect(await pathsOf(store)).toEqual([(kept as StorageReference).$storageRef]);
    await expect(manager.hydrate(dying)).rejects.toThrow(storageError({ code: "NOT_FOUND" }));
  });

  it("takes packs, binary, streams, compressed and re-encrypted objects by their label, and no margin if there is none", async () => {
    const { store, clock, manager } = setup({ pack: undefined, codecs: [gzip()], retention: { margin: 0 } });
    await manager.dehydrate([...texts(3), Buffer.alloc(100), new Blob(["x".repeat(5000)])], { scope: "s", ttl: HOUR });
    const [path] = await pathsOf(store);
    await store.copy(path!, `${path!}.reencrypted`);
    await clock.advance(100 * MINUTE);
    const { scanned, deleted } = await manager.collect();
    expect(deleted).toBe(scanned);
    expect(await pathsOf(store)).toEqual([]);
  });

  it("writes down where it is once, where it begins and ends at the beginning", async () => {
    const { store, manager } = setup({ retention: { maxScan: 2 } });
    const write = jest.spyOn(store, "write");
    await manager.collect();
    expect(write.mock.calls.map(([path]) => path)).toEqual([STATE]);
    await manager.dehydrate(texts(3), { scope: "s" });
    write.mockClear();
    expect(await manager.collect()).toMatchObject({ complete: false });
    expect(write).toHaveBeenCalledTimes(2);
  });

  it("never touches users' own objects, nor names that it does not know", async () => {
    const { store, manager } = setup();
    const hex = "0".repeat(64);
    const own = [
      "outputs/s/report.pdf",
      "outputs/s/@2020-01-01/report.json",
      `outputs/s/@2020-01-01/${hex}.txt`,
      "outputs/x",
    ];
    for (const path of own) await manager.writeBlob(path, "x");
    await store.write(`elsewhere/@2020-01-01/${hex}.json`, "x");
    await store.write(`outputs/@2020-02-30/${hex}.json`, "x"); // no day
    expect(await manager.collect()).toMatchObject({ scanned: 5, deleted: 0, kept: { unknown: 4, unlabelled: 1 } });
    expect(await manager.collect({ prefix: "outputs" })).toMatchObject({ scanned: 5, deleted: 0 });
  });

  it("in the dialect bubustack takes what has its label, whatever its name", async () => {
    const { store, clock, manager } = setup({ dialect: "bubustack" });
    await manager.dehydrate({ a: longText("a") }, { scope: "s", ttl: 3 * HOUR });
    await clock.advance(5 * HOUR);
    expect(await new StorageManager({ store, retention: { clock } }).collect()).toMatchObject({ kept: { unknown: 1 } });
    expect(await manager.collect()).toMatchObject({ deleted: 1 });
  });

  it("of a dry run is what would be, and writes nothing at all", async () => {
    const { store, clock, manager } = setup();
    await manager.dehydrate(texts(3), { ttl: 3 * HOUR });
    await clock.advance(5 * HOUR);
    const before = await objectsOf(store);
    expect(await manager.collect({ dryRun: true })).toMatchObject({ dryRun: true, deleted: 3, complete: true });
    expect(await objectsOf(store)).toEqual(before);
    expect(await manager.collect()).toMatchObject({ deleted: 3 });
  });

  it("of a tenant goes nowhere else; that of all goes to tenants too", async () => {
    const { store, clock, manager } = setup();
    await manager.dehydrate(longText("a"), { scope: "s", ttl: 3 * HOUR });
    await manager.forTenant("t").dehydrate(longText("a"), { scope: "s", ttl: 3 * HOUR });
    await manager.forTenant("u").dehydrate(longText("a"), { scope: "s", ttl: 3 * HOUR });
    await clock.advance(5 * HOUR);
    expect(await manager.forTenant("t").collect()).toMatchObject({ scanned: 1, deleted: 1 });
    await expect(manager.forTenant("t").collect({ prefix: "outputs/u" })).rejects.toThrow(
      storageError({ code: "CONFIG_INVALID" }),
    );
    expect(await manager.collect({ all: true })).toMatchObject({ scanned: 2, deleted: 2 });
    expect(await pathsOf(store)).toEqual(["outputs/t/.coatcheck/collector"]);
  });

  it("forgets what this manager has read of what it deleted", async () => {
    const { clock, manager } = setup({ readCache: { maxBytes: 1e6 } });
    const value = await manager.dehydrate(longText("a"), { ttl: 3 * HOUR });
    await manager.hydrate(value);
    await clock.advance(5 * HOUR);
    await manager.collect();
    await expect(manager.hydrate(value)).rejects.toThrow(storageError({ code: "NOT_FOUND" }));
  });
});

describe("what a call left", () => {
  const part = "outputs/s/01890a5d-ac96-774b-bcce-b302099a8057.part";

  it("goes when it is older than a call may take and an hour, with a label too", async () => {
    const { store, manager } = setup({}, Date.now());
    await store.write(part, "x");
    expect(await manager.collect()).toMatchObject({ deleted: 0, kept: { young: 1 } });
    const later = new FakeClock(Date.now() + 65 * MINUTE + 1000);
    const collector = new StorageManager({ store, retention: { clock: later, gcInterval: 0 } });
    const patient = new StorageManager({ store, timeout: 10 * MINUTE, retention: { clock: later, gcInterval: 0 } });
    expect(await patient.collect()).toMatchObject({ deleted: 0, kept: { young: 1 } });
    expect(await collector.collect()).toMatchObject({ deleted: 1 });
    await store.write(part.replace("/s/", "/s/@2020-01-01/"), "x");
    expect(await manager.collect()).toMatchObject({ deleted: 1 });
  });

  it("of markers goes when nothing else is in the scope, below either prefix, and they are as old as minAge", async () => {
    const { store, clock, manager } = setup({}, Date.now());
    const options = { readers: ["a", "b"] };
    await manager.dehydrateInputs(longText("x"), { scope: "inputs-only", ttl: 3 * HOUR });
    await manager.dehydrate(longText("x"), { scope: "gone", ttl: 3 * HOUR });
    await manager.dehydrate(longText("x"), { scope: "nested/below", ttl: 3 * HOUR });
    for (const scope of ["inputs-only", "gone", "nested"]) await manager.done(scope, "a", options);
    expect(await manager.collect({ minAge: 0 })).toMatchObject({ deleted: 0, kept: { live: 3, unexpired: 3 } });
    await manager.release("gone");
    await manager.done("gone", "a", options); // late, as brokers deliver
    expect(await manager.collect()).toMatchObject({ deleted: 0, kept: { young: 3 } });
    expect(await manager.collect({ minAge: 0, dryRun: true })).toMatchObject({ deleted: 1 });
    expect(await manager.collect({ minAge: 0 })).toMatchObject({ deleted: 1, kept: { live: 2 } });
    await clock.advance(26 * HOUR);
    await manager.collect({ all: true });
    await manager.collect({ all: true });
    expect(await pathsOf(store)).toEqual([]);
  });

  it("of markers stays while the inputs of the scope are there, whatever prefix the pass looks below", async () => {
    const { store, manager } = setup();
    await manager.dehydrateInputs(longText("x"), { scope: "x/s" });
    await manager.done("x/s", "a", { readers: ["a", "b"] });
    for (const path of ["outputs/.done/b", "outputs/own.txt"]) await store.write(path, "");
    for (const prefix of ["outputs", "outputs/x", undefined]) {
      expect(await manager.collect({ prefix, minAge: 0 })).toMatchObject({ deleted: 0, failed: 0 });
    }
    expect(await manager.done("x/s", "b", { readers: ["a", "b"] })).toEqual({ remaining: [], deleted: 1 });
    // What the collector keeps below the prefix of a call is nothing that a scope holds.
    expect(await manager.collect({ prefix: "outputs/x", minAge: 0 })).toMatchObject({ deleted: 2 });
  });

  it("of tombstones goes when they are over", async () => {
    const { store, clock, manager } = setup();
    await manager.dehydrate(longText("x"), { scope: "s" });
    await manager.release("s", { tombstone: 2 * HOUR });
    expect(await manager.collect()).toMatchObject({ scanned: 1, deleted: 0, kept: { unexpired: 1 } });
    await clock.advance(4 * HOUR);
    expect(await manager.collect()).toMatchObject({ deleted: 1 });
    expect(await pathsOf(store)).toEqual([]);
  });
});

describe("a pass", () => {
  it("goes on where the last one ended, by scan and by delete, until all is done", async () => {
    const { store, clock, manager } = setup({ retention: { maxScan: 3, maxDelete: 2 } });
    for (let i = 0; i < 4; i++) await manager.dehydrate(longText("k"), { scope: `a${i}` });
    await manager.dehydrate(texts(5), { scope: "b", ttl: 3 * HOUR });
    await manager.dehydrateInputs(texts(2), { scope: "c", ttl: 3 * HOUR }); // listed first
    await clock.advance(5 * HOUR);
    const passes = [];
    for (let i = 0; i < 6; i++) passes.push(await manager.collect());
    expect(passes.map(({ scanned, deleted, complete }) => [scanned, deleted, complete])).toEqual([
      [2, 2, false],
      [3, 0, false],
      [3, 2, false],
      [2, 2, false],
      [1, 1, true],
      [3, 0, false], // again from the beginning
    ]);
    expect(await pathsOf(store)).toHaveLength(4);
  });

  it("runs once in the interval over all managers of a store, and tells the others that it was skipped", async () => {
    const { store, clock, manager } = setup({ retention: { gcInterval: 2 * MINUTE } });
    const other = new StorageManager({ store, retention: { clock } });
    expect(await manager.collect()).toMatchObject({ skipped: false });
    expect(await other.collect()).toMatchObject({ skipped: true, scanned: 0, complete: false });
    expect(await other.collect({ all: true })).toMatchObject({ skipped: false, complete: true });
    await clock.advance(2 * MINUTE);
    const both = await Promise.all([manager.collect(), other.collect()]);
    expect(both.map(({ skipped }) => skipped).sort()).toEqual([false, true]);
  });

  it("is not stopped for ever by a clock that ran ahead, nor by a state that is none", async () => {
    const { store, clock, manager } = setup({ retention: { gcInterval: 2 * MINUTE } });
    const places = ["outputs/\0", "outputs/../x", "outputs//", "x://y", 7].map((after) =>
      JSON.stringify({ begun: 0, after }),
    );
    const states = [JSON.stringify({ begun: START + DAY }), "{", '{"begun":"x"}', "null", " ".repeat(5000), ""];
    for (const state of [...states, ...places]) {
      await store.write(STATE, state);
      expect(await manager.collect()).toMatchObject({ skipped: false, complete: true });
      await clock.advance(2 * MINUTE);
    }
  });

  it("with all has no limits but those of the call", async () => {
    const { clock, manager } = setup({ retention: { maxScan: 1, maxDelete: 1 } });
    await manager.dehydrate(texts(5), { ttl: 3 * HOUR });
    await clock.advance(5 * HOUR);
    expect(await manager.collect({ all: true, maxDelete: 2 })).toMatchObject({ deleted: 2, complete: false });
    expect(await manager.collect({ all: true })).toMatchObject({ deleted: 3, complete: true });
  });

  it("tells of progress page by page, and of the path up to which all is done", async () => {
    const { store, manager } = setup();
    for (let i = 0; i < 2500; i++) await store.write(`outputs/s/${String(i).padStart(4, "0")}`, "");
    const seen: [number, string | undefined][] = [];
    const report = await manager.collect({
      all: true,
      onProgress: ({ scanned, lastPath }) => {
        seen.push([scanned, lastPath]);
        throw new Error("ignored");
      },
    });
    expect(seen).toEqual([
      [1000, "outputs/s/0999"],
      [2000, "outputs/s/1999"],
      [2500, "outputs/s/2499"],
    ]);
    expect(report).toMatchObject({ lastPath: "outputs/s/2499", kept: { unknown: 2500 } });
  });

  it("that can't delete tells what and why, goes on, and the next one tries again", async () => {
    const { store, clock, manager } = setup();
    const value = (await manager.dehydrate(texts(4), { scope: "s", ttl: 3 * HOUR })) as StorageReference[];
    await clock.advance(5 * HOUR);
    const [locked, failing] = value.map(({ $storageRef }) => $storageRef);
    const faults = [
      { on: "delete" as const, path: locked!, fault: { error: "PERMISSION_DENIED" as const } },
      { on: "delete" as const, path: failing!, fault: { error: "UNAVAILABLE" as const } },
    ];
    const faulty = new StorageManager({
      store: new FaultStore(store, { faults }),
      retention: { clock, gcInterval: 0 },
    });
    const report = await faulty.collect();
    expect(report).toMatchObject({ deleted: 2, failed: 1, kept: { locked: 1 }, complete: true });
    expect([...report.problems].sort((a, b) => (a.code < b.code ? -1 : 1))).toEqual([
      { path: locked, code: "PERMISSION_DENIED" },
      { path: failing, code: "UNAVAILABLE" },
    ]);
    expect(await manager.collect()).toMatchObject({ deleted: 2 });
  });

  it("whose listing breaks off deletes nothing after the break, and rejects with what the store says", async () => {
    const { store, clock, manager } = setup();
    await manager.dehydrate(texts(4), { scope: "s", ttl: 3 * HOUR });
    await clock.advance(5 * HOUR);
    const faults = [{ on: "list" as const, fault: { partialList: 2, error: "UNAVAILABLE" as const } }];
    const faulty = new StorageManager({
      store: new FaultStore(store, { faults }),
      retention: { clock, gcInterval: 0 },
    });
    await expect(faulty.collect()).rejects.toThrow(storageError({ code: "UNAVAILABLE" }));
    expect(await pathsOf(store)).toHaveLength(4);
  });

  it("that is aborted, at any step, is ABORTED, has deleted nothing that is not over, and another one ends it", async () => {
    for (let step = 1; step <= 12; step++) {
      const { store, clock, manager } = setup();
      const kept = await manager.dehydrate(longText("k"));
      await manager.dehydrate(texts(4), { scope: "s", ttl: 3 * HOUR });
      await clock.advance(5 * HOUR);
      const controller = new AbortController();
      let calls = 0;
      const counting = new Proxy(store, {
        get: (target, key) => {
          const value: unknown = Reflect.get(target, key, target);
          if (typeof value !== "function") return value;
          return (...args: unknown[]) => {
            if (++calls === step) controller.abort(new Error("enough"));
            return (value as (...all: unknown[]) => unknown).apply(target, args);
          };
        },
      });
      const aborted = new StorageManager({ store: counting, retention: { clock, gcInterval: 0 } });
      const outcome = await aborted.collect({ signal: controller.signal }).catch((error: unknown) => error);
      if (calls >= step) expect(outcome).toMatchObject({ code: "ABORTED", cause: new Error("enough") });
      await manager.collect({ all: true });
      expect(await pathsOf(store)).toHaveLength(1);
      expect(await manager.hydrate(kept)).toBe(longText("k"));
    }
  });

  it("needs a store, and good options", async () => {
    await expect(new StorageManager({}).collect()).rejects.toThrow(storageError({ code: "STORAGE_DISABLED" }));
    const { manager } = setup();
    const wrong: [object, string][] = [
      [{ maxScan: 0 }, "maxScan"],
      [{ maxDelete: 1.5 }, "maxDelete"],
      [{ minAge: -1 }, "minAge"],
      [{ live: "payload" }, "live"],
      [{ live: 1 }, "live"],
      [{ prefix: "a//b" }, "prefix"],
      [{ prefix: "elsewhere" }, "prefix"],
      [{ dryRun: "yes" }, "dryRun"],
    ];
    for (const [options, name] of wrong) {
      await expect(manager.collect(options)).rejects.toThrow(
        storageError({ code: "CONFIG_INVALID", message: expect.stringContaining(`${name}: `) as string }),
      );
    }
  });
});

describe("a store", () => {
  it("that gives no times has leftovers told by their names, and no age of anything else", async () => {
    class Timeless extends MemoryStore {
      override async *list(...call: Parameters<MemoryStore["list"]>) {
        for await (const { path, size } of super.list(...call)) yield { path, size };
      }
    }
    const store = new Timeless();
    const clock = new FakeClock(Date.now());
    const manager = new StorageManager({ store, retention: { clock, gcInterval: 0 } });
    await manager.dehydrate(longText("a"), { scope: "s" });
    await store.write("outputs/s/01890a5d-ac96-774b-bcce-b302099a8057.part", "x");
    expect(await manager.collect({ live: ["nothing"] })).toMatchObject({ deleted: 1, kept: { young: 1 } });
    for await (const { oldest, newest } of manager.usage()) {
      expect([oldest.getTime(), newest.getTime()]).toEqual([NaN, NaN]);
    }
  });

  it("without conditions has passes that take no turns, and harm nothing", async () => {
    class Unconditional extends MemoryStore {
      override readonly capability = { ...new MemoryStore().capability, ifMatch: false, ifNoneMatch: false };
    }
    const manager = new StorageManager({ store: new Unconditional(), retention: { gcInterval: 0 } });
    await manager.dehydrate(longText("a"));
    for (let pass = 0; pass < 2; pass++) expect(await manager.collect()).toMatchObject({ skipped: false, scanned: 1 });
  });

  it("that lists a page again and again ends the pass, which would never end", async () => {
    class Circling extends MemoryStore {
      override async *list(...call: Parameters<MemoryStore["list"]>) {
        for (let round = 0; round < 100; round++) yield* super.list(...call);
      }
    }
    const manager = new StorageManager({ store: new Circling(), retention: { gcInterval: 0 } });
    await manager.dehydrate(longText("a"));
    await expect(manager.collect({ all: true })).rejects.toThrow(storageError({ code: "UNEXPECTED" }));
  });
});
