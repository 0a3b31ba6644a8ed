import type { StorageEvent } from "../../../src/observe/event.js";
import { MemoryUsageCounter, withUsageLimits, type UsageLimitOptions } from "../../../src/store/layers/index.js";
import { MemoryStore } from "../../../src/store/drivers/memory-store.js";
import type { ReadResult } from "../../../src/store/store.js";
import { FakeClock, FaultStore, type FaultRule } from "../../../src/testing/index.js";
import { RecordingStore } from "../../support/recording-store.js";

/** The month of {@link metered}, with its last minute to go. */
export const MONTH = "2026-11";
export const REFUSED = { code: "USAGE_LIMIT", retryable: false };

/** A store with limits over one that is written down, with an object `a` of ten bytes. */
export async function metered(limits: UsageLimitOptions, faults: FaultRule[] = []) {
  const clock = new FakeClock(Date.UTC(2026, 10, 30, 23, 59));
  const events: StorageEvent[] = [];
  const counter = new MemoryUsageCounter();
  const memory = new MemoryStore();
  await memory.write("a", "0123456789");
  const below = new RecordingStore(new FaultStore(memory, { seed: 1, faults }));
  const observer = (event: StorageEvent) => events.push(event);
  const store = withUsageLimits(below, { counter, clock, observer, ...limits });
  const used = (kind: "requests" | "egressBytes" | "ingressBytes", month = MONTH) => counter.total(month, kind);
  return { clock, events, counter, memory, below, store, used };
}

export async function* chunks(...texts: string[]): AsyncGenerator<Uint8Array, void, undefined> {
  for (const text of texts) yield await Promise.resolve(Buffer.from(text));
}

/** How many bytes a read brings. */
export async function bytesOf(result: Promise<ReadResult>): Promise<number> {
  return (await (await result).bytes()).byteLength;
}
