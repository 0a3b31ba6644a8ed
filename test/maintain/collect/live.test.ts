import { StorageManager } from "../../../src/manager/storage-manager.js";
import type { StorageManagerOptions } from "../../../src/configure/options.js";
import { PathSet } from "../../../src/maintain/collect/path-set.js";
import { MemoryStore } from "../../../src/store/drivers/memory-store.js";
import type { StorageReference } from "../../../src/reference/reference.js";
import type { ObjectInfo } from "../../../src/store/store.js";
import { FakeClock } from "../../../src/testing/fake-clock.js";
import { FaultStore } from "../../../src/testing/fault-store.js";
import { longText } from "../../support/payloads.js";
import { objectsOf } from "../../support/stored.js";
import { storageError } from "../../store/storage-error.js";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

async function setup(options: StorageManagerOptions = {}, store = new MemoryStore()) {
  const clock = new FakeClock(Date.now() + 2 * DAY);
  const manager = new StorageManager({
    store,
    pack: false,
    references: "pass",
    ...options,
    retention: { clock, gcInterval: 0 },
  });
  const used = await manager.dehydrate(longText("used"), { scope: "used" });
  const garbage = (await manager.dehydrate(longText("garbage"), { scope: "garbage" })) as StorageReference;
  return { store, clock, manager, used, garbage };
}

const pathsOf = async (store: MemoryStore) =>
  [...(await objectsOf(store)).keys()].filter((path) => !path.endsWith("/collector"));

describe("collect with live", () => {
  it("deletes what no payload leads to, at any depth", async () => {
    const { store, manager, used, garbage } = await setup();
    // A stored value that holds references to others.
    const inner = await manager.dehydrate(longText("inner"), { scope: "inner" });
    const outer = await manager.dehydrate(
      { inner, more: longText("m", 900), rest: longText("r", 900) },
      { scope: "outer" },
    );
    const chain = await manager.dehydrate([outer, longText("x", 900), longText("y", 900)], { scope: "chain" });
    const inputs = await manager.dehydrateInputs(longText("in"), { scope: "in" });
    async function* payloads() {
      yield { used };
      yield await Promise.resolve(chain);
      yield [inputs, "inline"];
    }
    const report = await manager.collect({ live: payloads() });
    expect(report).toMatchObject({ deleted: 1, problems: [], kept: { unlabelled: 0, young: 0 } });
    expect(await pathsOf(store)).not.toContain(garbage.$storageRef);
    expect(await manager.hydrate([chain, used, inputs])).toHaveLength(3);
  });

  it("keeps what is younger than minAge, and what has a label that is not over", async () => {
    const { store, clock, manager, used } = await setup();
    await manager.dehydrate(longText("labelled"), { ttl: 3 * HOUR });
    const young = new StorageManager({ store, retention: { clock: new FakeClock(Date.now()), gcInterval: 0 } });
    expect(await young.collect({ live: [used] })).toMatchObject({
      deleted: 0,
      kept: { young: 1, unexpired: 1, live: 1 },
    });
    expect(await young.collect({ live: [used], minAge: 0, dryRun: true })).toMatchObject({ deleted: 1 });
    await clock.advance(5 * HOUR);
    expect(await manager.collect({ live: [used] })).toMatchObject({ deleted: 2 });
  });

  it("keeps what a payload leads to though its label is over", async () => {
    const { clock, manager, used, garbage } = await setup();
    const labelled = await manager.dehydrate(longText("labelled"), { ttl: 3 * HOUR });
    await clock.advance(5 * HOUR);
    expect(await manager.collect({ live: [used, garbage, labelled] })).toMatchObject({ deleted: 0, kept: { live: 3 } });
  });

  it("keeps what a payload leads to that is still the text of its JSON, as rows of a database are", async () => {
    const { manager, used, garbage } = await setup();
    const rows = [JSON.stringify({ ticket: used }), Buffer.from(JSON.stringify(garbage)), "a text", "{}"];
    expect(await manager.collect({ live: rows })).toMatchObject({ deleted: 0, kept: { live: 2 } });
    expect(await manager.hydrate(used)).toBeDefined();
  });

  it("without a payload is CONFIG_INVALID, and deletes all only if that is said", async () => {
    const { store, manager } = await setup();
    for (const live of [[], new Set(), (async function* () {})()]) {
      await expect(manager.collect({ live })).rejects.toThrow(
        storageError({ code: "CONFIG_INVALID", message: expect.stringContaining("allowEmpty") as string }),
      );
    }
    expect(await pathsOf(store)).toHaveLength(2);
    expect(await manager.collect({ live: [], allowEmpty: true })).toMatchObject({ deleted: 2 });
  });

  it("is LIMIT_EXCEEDED when more than half would go, and deletes nothing; a dry run shows it", async () => {
    const { store, manager, used } = await setup();
    await manager.dehydrate(longText("more"), { scope: "more" });
    await expect(manager.collect({ live: [used] })).rejects.toThrow(
      storageError({ code: "LIMIT_EXCEEDED", message: expect.stringContaining("2 of 3 objects") as string }),
    );
    expect(await pathsOf(store)).toHaveLength(3);
    expect(await manager.collect({ live: [used], dryRun: true })).toMatchObject({ deleted: 2 });
    expect(await manager.collect({ live: [used], allowEmpty: true })).toMatchObject({ deleted: 2 });
  });

  it("keeps the scope of what it can't follow, and tells why", async () => {
    const { store, manager, used, garbage } = await setup();
    const broken = (await manager.dehydrate(
      { a: longText("a", 900), b: longText("b", 900) },
      { scope: "broken" },
    )) as StorageReference;
    await manager.dehydrate(longText("beside"), { scope: "broken" });
    await store.write(broken.$storageRef, "not what it was");
    const report = await manager.collect({ live: [used, broken] });
    expect(report).toMatchObject({
      deleted: 1,
      kept: { live: 3 },
      problems: [{ path: broken.$storageRef, code: "INTEGRITY" }],
    });
    expect(await pathsOf(store)).not.toContain(garbage.$storageRef);
  });

  it.each(["UNAVAILABLE", "PERMISSION_DENIED"] as const)(
    "keeps all when an object can't be read that may lead to other scopes: %s",
    async (error) => {
      const { store, manager, used, clock } = await setup();
      const inner = await manager.dehydrate(longText("inner"), { scope: "inner" });
      const outer = (await manager.dehydrate(
        { inner, own: longText("x", 900), more: longText("y", 900) },
        { scope: "outer", maxRecursionDepth: 0 },
      )) as StorageReference;
      const faults = [{ on: "read" as const, path: outer.$storageRef, fault: { error } }];
      const over = new FaultStore(store, { faults });
      const collector = new StorageManager({ store: over, references: "pass", retention: { clock, gcInterval: 0 } });
      expect(await collector.collect({ live: [used, outer] })).toMatchObject({
        deleted: 0,
        problems: [{ path: outer.$storageRef, code: error }],
      });
      expect(await manager.hydrate(outer)).toMatchObject({ inner: longText("inner") });
    },
  );

  it("keeps the scope of a reference that is not signed, and all where it is not known where one leads to", async () => {
    const signing = { keys: { k: Buffer.alloc(32, 1) }, activeKeyId: "k" };
    const { manager, used, garbage } = await setup({ signing });
    const unsigned = { ...garbage, $storageSignature: undefined };
    expect(await manager.collect({ live: [used, unsigned] })).toMatchObject({ deleted: 0, kept: { live: 2 } });
    const nowhere = { $storageRef: "a//b", $storageContentType: "text/plain" };
    expect(await manager.collect({ live: [used, nowhere] })).toMatchObject({ deleted: 0, kept: { live: 2 } });
    const cycle: { me?: unknown } = {};
    cycle.me = cycle;
    expect(await manager.collect({ live: [used, cycle] })).toMatchObject({ deleted: 0, kept: { live: 2 } });
  });

  it("does not delete what was written again since it was listed", async () => {
    class Rewritten extends MemoryStore {
      override async *list(prefix: string): AsyncGenerator<ObjectInfo, void, undefined> {
        for await (const object of super.list(prefix)) {
          yield object.path.includes("/garbage/") ? { ...object, lastModified: new Date(0) } : object;
        }
      }
    }
    const { manager, used } = await setup({}, new Rewritten());
    expect(await manager.collect({ live: [used] })).toMatchObject({ deleted: 0, kept: { live: 1, young: 1 } });
  });

  it("keeps what was written since the look at live began, however long that took", async () => {
    const { store, clock, manager, used } = await setup();
    async function* slow() {
      yield used;
      await manager.dehydrate(longText("new"), { scope: "new" });
      await clock.advance(3 * DAY);
    }
    // The store's own time, too, is that of the clock.
    const list = store.list.bind(store);
    jest.spyOn(store, "list").mockImplementation(async function* (prefix, options) {
      for await (const object of list(prefix, options)) {
        yield object.path.includes("/new/") ? { ...object, lastModified: new Date(clock.now() - 3 * DAY) } : object;
      }
    });
    expect(await manager.collect({ live: slow() })).toMatchObject({ deleted: 1, kept: { live: 1, young: 1 } });
  });

  it("does not read binary, of any size", async () => {
    const { store, manager, used } = await setup();
    const binary = (await manager.dehydrate(Buffer.alloc(100_000), { scope: "binary" })) as StorageReference;
    const read = jest.spyOn(store, "read");
    expect(await manager.collect({ live: [used, binary] })).toMatchObject({ deleted: 1, kept: { live: 2 } });
    expect(read.mock.calls.filter(([path]) => path === binary.$storageRef)).toEqual([]);
  });

  it("of which one throws rejects, and deletes nothing", async () => {
    const { store, manager, used } = await setup();
    function* failing() {
      yield used;
      throw new Error("the database is gone");
    }
    await expect(manager.collect({ live: failing() })).rejects.toThrow(storageError({ code: "UNEXPECTED" }));
    expect(await pathsOf(store)).toHaveLength(2);
  });
});

describe("PathSet", () => {
  it("finds all that is in it, and hardly anything else, exact and as a filter", () => {
    for (const maxExact of [100_000, 1000]) {
      const set = new PathSet(maxExact);
      for (let i = 0; i < 20_000; i++) set.add(`outputs/s/${i}`);
      let found = 0;
      for (let i = 0; i < 20_000; i++) {
        expect(set.has(`outputs/s/${i}`)).toBe(true);
        if (set.has(`outputs/t/${i}`)) found++;
      }
      expect(found).toBe(0);
    }
  });
});
