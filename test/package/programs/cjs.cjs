const assert = require("node:assert/strict");
const { MemoryStore, StorageManager, isStorageError } = require("coatcheck");
const { storeConformance } = require("coatcheck/testing");

async function main() {
  const payload = { id: 7, texts: Array.from({ length: 30 }, (_, i) => `${i} `.repeat(2000)) };
  const manager = new StorageManager({ store: new MemoryStore() });
  const dehydrated = await manager.dehydrate(payload, { scope: "run-1" });
  assert.ok(JSON.stringify(dehydrated).length < 10_000);
  assert.deepEqual(await manager.hydrate(dehydrated), payload);
  await assert.rejects(new StorageManager({}).dehydrate(payload), (e) => isStorageError(e, "STORAGE_DISABLED"));
  assert.equal(typeof storeConformance, "function");
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
