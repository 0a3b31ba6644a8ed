import { Registry } from "prom-client";
import { MemoryStore, StorageManager, type StorageEvent } from "../../../src/index.js";
import { prometheusObserver } from "../../../src/prometheus.js";
import { FakeClock } from "../../../src/testing/index.js";
import { longText } from "../../support/payloads.js";

const HOUR = 3_600_000;

it("a pass tells observers what became of the objects, a dry run and one that was skipped too", async () => {
  const registry = new Registry();
  const events: StorageEvent[] = [];
  const clock = new FakeClock(Date.parse("2026-11-28T14:20:00Z"));
  const manager = new StorageManager({
    store: new MemoryStore(),
    retention: { clock, gcInterval: HOUR },
    observer: [prometheusObserver({ registry }), (event: StorageEvent) => void events.push(event)],
  });
  await manager.dehydrate(longText("a"), { scope: "kept" });
  await manager.dehydrate(longText("b"), { scope: "dying", ttl: 3 * HOUR });
  await clock.advance(10 * HOUR);
  events.length = 0;
  await manager.collect({ dryRun: true });
  const { deletedBytes } = await manager.collect();
  await manager.collect();
  const results = { deleted: 1, failed: 0, unexpired: 0, live: 0, young: 0, unlabelled: 1, unknown: 0, locked: 0 };
  const told = { operation: "collect", store: "memory", outcome: "success", durationMs: expect.any(Number) as number };
  expect(events.filter(({ operation }) => operation === "collect")).toEqual([
    { ...told, objects: 1, bytes: deletedBytes, results, dryRun: true },
    { ...told, objects: 1, bytes: deletedBytes, results },
    { ...told, objects: 0, bytes: 0, results: { ...results, deleted: 0, unlabelled: 0 }, skipped: true },
  ]);
  const text = await registry.metrics();
  expect(text).toContain('storage_gc_objects_total{result="deleted"} 1\n');
  expect(text).toContain('storage_gc_objects_total{result="unlabelled"} 1\n');
  expect(text).toContain(`storage_gc_deleted_bytes_total ${deletedBytes}\n`);
  expect(text).toMatch(/^storage_gc_last_success_timestamp_seconds \d/m);
});
