import { statSync } from "node:fs";
import { openStore } from "../contenders/coatcheck.js";
import { builtCore } from "../built.js";
import { timeAlternately, warmUp } from "../measure/timing.js";
import { median } from "../measure/statistics.js";
import { readPayload } from "../payload/file.js";
import type { Ratios, ShowJob, Small } from "./worker.js";

type Job<Worker> = Extract<ShowJob, { worker: Worker }>;

/** ms for each operation; a call that takes longer is made once. */
const WARM_UP = 300;

/** Ours beside `JSON.stringify` and `JSON.parse` of the same payload, on a memory store. */
export async function ratios({ payloadFile, budget }: Job<"ratios">): Promise<Ratios> {
  const payload = readPayload(payloadFile);
  const json = JSON.stringify(payload);
  const manager = await memoryManager();
  const message = await manager.dehydrate(payload, { scope: "bench" });
  const limits = { budget, min: 3, max: 1000 };

  const out = [
    () => JSON.stringify(payload),
    () => manager.plan(payload, { scope: "bench" }),
    () => manager.dehydrate(payload, { scope: "bench" }),
  ];
  const [stringifyMs, planMs, dehydrateMs] = await medians(out, limits);
  const back = [() => JSON.parse(json) as unknown, () => manager.hydrate(message)];
  const [parseMs, hydrateMs] = await medians(back, limits);
  return {
    stringifyMs: stringifyMs!,
    planMs: planMs!,
    dehydrateMs: dehydrateMs!,
    parseMs: parseMs!,
    hydrateMs: hydrateMs!,
  };
}

/** What a call costs that has nothing to do. */
export async function small({ payloadFiles, budget }: Job<"small">): Promise<Small[]> {
  const manager = await memoryManager();
  const results: Small[] = [];
  for (const file of payloadFiles) {
    const payload = readPayload(file);
    const operations = [
      () => JSON.stringify(payload),
      () => manager.plan(payload),
      () => manager.dehydrate(payload, { scope: "bench" }),
    ];
    const [stringifyMs, planMs, dehydrateMs] = await medians(operations, { budget, min: 50, max: 100_000 });
    const bytes = statSync(file).size;
    results.push({ bytes, stringifyMs: stringifyMs!, planMs: planMs!, dehydrateMs: dehydrateMs! });
  }
  return results;
}

async function memoryManager(): Promise<InstanceType<Awaited<ReturnType<typeof builtCore>>["StorageManager"]>> {
  const { StorageManager } = await builtCore();
  const { store } = await openStore({ kind: "memory" });
  return new StorageManager({ store });
}

async function medians(
  operations: readonly (() => unknown)[],
  limits: { budget: number; min: number; max: number },
): Promise<number[]> {
  for (const operation of operations) await warmUp(operation, { budget: WARM_UP, max: 10_000 });
  return (await timeAlternately(operations, limits)).map(median);
}
