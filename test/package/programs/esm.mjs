import assert from "node:assert/strict";
import {
  MemoryStore,
  RoutingStore,
  StorageManager,
  TieredStore,
  isStorageError,
  withPrefix,
  withRetry,
  withTimeout,
} from "coatcheck";
import { storeConformance } from "coatcheck/testing";

const payload = { id: 7, texts: Array.from({ length: 30 }, (_, i) => `${i} `.repeat(2000)) };
const manager = new StorageManager({ store: new MemoryStore() });
const dehydrated = await manager.dehydrate(payload, { scope: "run-1" });
assert.ok(JSON.stringify(dehydrated).length < 10_000);
assert.deepEqual(await manager.hydrate(dehydrated), payload);
await assert.rejects(new StorageManager({}).dehydrate(payload), (e) => isStorageError(e, "STORAGE_DISABLED"));
assert.equal(typeof storeConformance, "function");

// A composition, as a user would stack it.
const remote = withRetry(withTimeout(new MemoryStore(), { timeout: 10_000 }));
const tiered = new TieredStore({ remote: withPrefix(remote, "tenants/42") });
const routed = new StorageManager({
  store: new RoutingStore({ primary: tiered, schemes: { cold: new MemoryStore() } }),
});
await assert.rejects(routed.dehydrate(payload, { prefix: "cold://c/p" }), (e) => isStorageError(e, "CONFIG_INVALID"));
const archivist = new StorageManager({ store: routed.store, allow: ["cold://c/p"] });
const cold = await archivist.dehydrate(payload, { prefix: "cold://c/p" });
assert.match(cold.texts[0].$storageRef, /^cold:\/\/c\/p\//);
await assert.rejects(routed.hydrate(cold), (e) => isStorageError(e, "REFERENCE_DENIED"));
assert.deepEqual(await routed.hydrate(cold, { allow: ["cold://c/p"] }), payload);
