import type { StorageManager } from "coatcheck";
import { builtCore } from "../built.js";
import { collectGarbage } from "../measure/memory.js";
import { median } from "../measure/statistics.js";
import { longestStall } from "../measure/stall.js";

// Of the parse and the hydration of one payload.
const TURNS = 3;

/** What a payload is measured with: how it is dehydrated, and the message that is hydrated. */
interface Hostile {
  readonly payload: () => unknown;
  readonly canonical?: boolean;
  /** What is hydrated; default: what `dehydrate` gives. */
  readonly message?: (dehydrated: unknown, manager: StorageManager) => unknown;
}

const range = <T>(count: number, item: (index: number) => T): T[] => Array.from({ length: count }, (_, i) => item(i));
const record = (id: number) => ({ id, name: `record ${id}`, amount: id / 7, tags: ["a", "b"], at: { x: id, y: null } });
const records = (): unknown => range(300_000, record);
const wide = (key: string) => (): unknown =>
  Object.fromEntries(range(1_000_000, (index) => [`${key} ${index}`, index]));
const nested = (levels: number, inner: unknown): unknown => {
  let value = inner;
  for (let level = 0; level < levels; level++) value = { level, value };
  return value;
};

/** Payloads that keep an event loop waiting where any part of the work is done in one go. */
export const HOSTILE = {
  "300,000 records": { payload: records },
  "300,000 records, canonical": { payload: records, canonical: true },
  "300,000 records, 40 deep": { payload: () => nested(40, records()) },
  "300,000 records, 40 deep, canonical": { payload: () => nested(40, records()), canonical: true },
  "1,000,000 keys": { payload: wide("key") },
  "1,000,000 keys, canonical": { payload: wide("key"), canonical: true },
  "1,000,000 escaped keys": { payload: wide("$storage") },
  "200 MB of bytes": { payload: () => new Uint8Array(200_000_000).fill(7) },
  "100 MB of text": { payload: () => "é text ".repeat(14_000_000) },
  "10,000 references with [*] to 16 KB": {
    payload: () => ({ items: range(200, (id) => ({ id, text: "x".repeat(60) })) }),
    message: (dehydrated, manager) => {
      const { items } = dehydrated as { items: Parameters<StorageManager["select"]>[0] };
      const part = manager.select(items, "[*].id");
      return range(10_000, () => ({ ...part }));
    },
  },
} as const satisfies Record<string, Hostile>;

export type HostileName = keyof typeof HOSTILE;

/** The longest stalls of one run, ms. */
export interface StallRow {
  /** Bytes of the largest object in the store. */
  readonly entryBytes: number;
  /** `JSON.parse` of that object; 0 where it is no JSON. */
  readonly parseMs: number;
  readonly dehydrateMs: number;
  readonly hydrateMs: number;
}

/** Measures one payload: each stall beside that of `JSON.parse` of the largest entry, in the same process. */
export async function stallsOf(name: HostileName): Promise<StallRow> {
  const { payload: make, canonical, message: messageOf }: Hostile = HOSTILE[name];
  const { StorageManager, MemoryStore } = await builtCore();
  const store = new MemoryStore();
  const manager = new StorageManager({ store, canonical });
  await manager.hydrate(await manager.dehydrate({ text: "x".repeat(5000) }, { scope: "warm-up" }));
  const payload = make();

  let dehydrated: unknown;
  const dehydrateMs = await stallOf(async () => (dehydrated = await manager.dehydrate(payload, { scope: "bench" })));
  const { bytes, isJson } = await largestObject(manager);
  const text = isJson ? bytes.toString() : undefined;
  const message = messageOf === undefined ? dehydrated : messageOf(dehydrated, manager);
  // By turns: one and the same parse takes a quarter more or less than the one before.
  const parses: number[] = [];
  const hydrations: number[] = [];
  for (let turn = 0; turn < TURNS; turn++) {
    parses.push(text === undefined ? 0 : await stallOf(() => Promise.resolve(JSON.parse(text))));
    hydrations.push(await stallOf(() => manager.hydrate(message)));
  }
  await manager.close();
  await store.close();
  return { entryBytes: bytes.byteLength, parseMs: median(parses), dehydrateMs, hydrateMs: median(hydrations) };
}

function stallOf(run: () => Promise<unknown>): Promise<number> {
  collectGarbage(); // nobody pays for what another left behind
  return longestStall(run);
}

async function largestObject(manager: StorageManager): Promise<{ bytes: Buffer; isJson: boolean }> {
  let largest = { path: "", size: -1 };
  for await (const { path, size } of manager.list("")) if (size > largest.size) largest = { path, size };
  const bytes = Buffer.from(await manager.readBlob(largest.path));
  return { bytes, isJson: largest.path.endsWith(".json") };
}
