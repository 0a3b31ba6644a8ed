// Jest, in CommonJS: tests of code that takes a manager, and of a store of one's own.
const { MemoryStore, StorageError } = require("coatcheck");
const { RecordingManager, storeConformance } = require("coatcheck/testing");

/** What is tested: a report is kept, and given back as it was. */
class Reports {
  constructor(manager) {
    this.manager = manager;
  }
  save(id, report) {
    return this.manager.dehydrate(report, { scope: `reports/${id}` });
  }
  async load(message) {
    return this.manager.hydrate(message).catch((error) => {
      if (error.code === "UNAVAILABLE") return undefined;
      throw error;
    });
  }
  remove(id) {
    return this.manager.release(`reports/${id}`);
  }
}

const manager = new RecordingManager();
const reports = new Reports(manager);
beforeEach(() => manager.reset());

test("a report goes into its scope, and comes back", async () => {
  const report = { text: "a long line\n".repeat(1000) };
  const message = await reports.save(7, report);
  expect(manager.callsOf("dehydrate")[0].args[1]).toEqual({ scope: "reports/7" });
  expect(await reports.load(message)).toEqual(report);
  expect(await manager.unreleased()).toHaveLength(1);
  await reports.remove(7);
  expect(await manager.unreleased()).toEqual([]);
});

test("a store that is away is no error", async () => {
  manager.when("hydrate").rejects(new StorageError("UNAVAILABLE", "The store is away."));
  expect(await reports.load({})).toBeUndefined();
});

storeConformance({ describe, it, beforeEach, afterEach }, { name: "MemoryStore", create: () => new MemoryStore() });
