// What /metrics says of payloads. No scope and no path is a label.
import assert from "node:assert/strict";
import { Registry } from "prom-client";
import { MemoryStore, StorageManager } from "coatcheck";
import { prometheusObserver } from "coatcheck/prometheus";

const registry = new Registry();
const observer = prometheusObserver({ registry, labels: { service: "orders" } });
const manager = new StorageManager({ store: new MemoryStore(), observer });

const message = await manager.dehydrate("a long line\n".repeat(1000), { scope: "run-42" });
await manager.hydrate(message);
await manager.release("run-42");
await assert.rejects(manager.hydrate(message), { code: "NOT_FOUND" });

const text = await registry.metrics();
const done = 'outcome="success",service="orders"';
assert.match(text, new RegExp(`storage_operations_total\\{operation="dehydrate",store="memory",${done}\\} 1`));
assert.match(text, /operation="hydrate",.*outcome="error".*\} 1/);
assert.match(text, /storage_dehydration_size_bytes_count/);
assert.doesNotMatch(text, /run-42/);
