import { builtCore } from "../built.js";
import { openStore } from "../contenders/coatcheck.js";
import { collectGarbage } from "../measure/memory.js";
import { longestStall } from "../measure/stall.js";
import { median } from "../measure/statistics.js";
import { readPayload } from "../payload/file.js";
import type { ShowJob, Stalls } from "./worker.js";

/** How long the event loop stands still at most: ours, and one `JSON.stringify` of the same payload. */
export async function stalls({ payloadFile, rounds }: Extract<ShowJob, { worker: "stall" }>): Promise<Stalls> {
  const payload = readPayload(payloadFile);
  const { StorageManager } = await builtCore();
  const { store } = await openStore({ kind: "memory" });
  const manager = new StorageManager({ store });
  const message = await manager.dehydrate(payload, { scope: "bench" });

  const times: Record<keyof Stalls, number[]> = { stringifyMs: [], dehydrateMs: [], hydrateMs: [] };
  const measure = async (name: keyof Stalls, run: () => Promise<unknown>) => {
    collectGarbage(); // nobody pays for what another left behind
    times[name].push(await longestStall(run));
  };
  for (let round = 0; round < rounds; round++) {
    await measure("stringifyMs", () => Promise.resolve(JSON.stringify(payload)));
    await measure("dehydrateMs", () => manager.dehydrate(payload, { scope: "bench" }));
    await measure("hydrateMs", () => manager.hydrate(message));
  }
  return {
    stringifyMs: median(times.stringifyMs),
    dehydrateMs: median(times.dehydrateMs),
    hydrateMs: median(times.hydrateMs),
  };
}
