// A step runner whose history takes 4 KiB an entry. A step that is tried again leaves no second object.
import assert from "node:assert/strict";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FileStore, StorageManager, scopePath, type Dehydrated } from "coatcheck";

const store = new FileStore({ root: await mkdtemp(join(tmpdir(), "steps-")) });
const manager = new StorageManager({ store, maxEnvelopeSize: 4096 });
const history: string[] = []; // what the engine keeps

async function step<I, O>(run: string, name: string, input: Dehydrated<I>, work: (input: I) => O) {
  const value = (await manager.hydrate(input)) as I;
  const output = await manager.dehydrate(work(value), { scope: scopePath(run, name) });
  history.push(JSON.stringify(output));
  return JSON.parse(history.at(-1)!) as Dehydrated<O>;
}

async function count(): Promise<number> {
  let objects = 0;
  for await (const { size } of store.list("")) objects += size > 0 ? 1 : 0;
  return objects;
}

interface Row {
  id: number;
  price: number;
}
const load = (length: number): Row[] => Array.from({ length }, (_, id) => ({ id, price: id % 50 }));

const rows = await step("run 42", "load", 5000, load);
const objects = await count();
assert.deepEqual(await step("run 42", "load", 5000, load), rows); // a retry
assert.equal(await count(), objects);

const dear = await step("run 42", "filter", rows, (all: Row[]) => all.filter(({ price }) => price >= 40));
const total = await step("run 42", "sum", dear, (some: Row[]) => some.reduce((sum, { price }) => sum + price, 0));
assert.equal(await manager.hydrate(total), 44_500);
for (const entry of history) assert.ok(Buffer.byteLength(entry) <= 4096);

await manager.release(scopePath("run 42"));
assert.equal(await count(), 0);
await manager.close();
