// Measures codecs and signing on one payload in a process of its own. Argument: a TrustJob as JSON.
import { deepStrictEqual } from "node:assert/strict";
import process from "node:process";
import type { ObjectInfo, StoreBody, WriteOptions } from "coatcheck";
import { builtCore } from "../built.js";
import { timeAlternately, warmUp } from "../measure/timing.js";
import { median } from "../measure/statistics.js";
import { readPayload } from "../payload/file.js";
import type { TrustFigures, TrustJob } from "./rows.js";
import { setUps } from "./set-ups.js";

async function work({ payloadFile, budget }: TrustJob): Promise<TrustFigures[]> {
  const { MemoryStore, StorageManager } = await builtCore();
  /** Keeps what is written first: an encryption never gives the same object twice, and memory is not what is measured. */
  class FirstStore extends MemoryStore {
    stored = 0;
    isFull = false;

    override async write(path: string, body: StoreBody, options?: WriteOptions): Promise<ObjectInfo> {
      const size = (body as Uint8Array).byteLength;
      if (this.isFull) return { path, size };
      this.stored += size;
      return super.write(path, body, options);
    }
  }

  const payload = readPayload(payloadFile);
  const measured: { name: string; stored: number; dehydrate: () => unknown; hydrate: () => unknown }[] = [];
  for (const { name, options } of await setUps()) {
    const store = new FirstStore();
    const manager = new StorageManager({ store, ...options });
    const message = await manager.dehydrate(payload, { scope: "bench" });
    store.isFull = true;
    deepStrictEqual(await manager.hydrate(message), payload);
    measured.push({
      name,
      stored: store.stored,
      dehydrate: () => manager.dehydrate(payload, { scope: "bench" }),
      hydrate: () => manager.hydrate(message),
    });
  }
  const limits = { budget, min: 5, max: 1000 };
  const dehydrateMs = await medians(
    measured.map(({ dehydrate }) => dehydrate),
    limits,
  );
  const hydrateMs = await medians(
    measured.map(({ hydrate }) => hydrate),
    limits,
  );
  return measured.map(({ name, stored }, index) => {
    return { setUp: name, storedBytes: stored, dehydrateMs: dehydrateMs[index]!, hydrateMs: hydrateMs[index]! };
  });
}

async function medians(
  operations: readonly (() => unknown)[],
  limits: { budget: number; min: number; max: number },
): Promise<number[]> {
  for (const operation of operations) await warmUp(operation, { budget: limits.budget / 10, max: 1000 });
  return (await timeAlternately(operations, limits)).map(median);
}

process.send!(await work(JSON.parse(process.argv[2]!) as TrustJob), () => process.exit());
