// A function of Lambda takes and gives 6 MB at most. Larger events and results go through a store.
import assert from "node:assert/strict";
import { MemoryStore, StorageManager, openValue, packValue, referencesIn, scopePath } from "coatcheck";

const LIMIT = 6 * 1024 * 1024;
const store = new MemoryStore();
const manager = new StorageManager({ store });

interface Text {
  text: string;
}

/** Makes a handler of a function that knows nothing of limits. */
function handlerOf(work: (event: Text) => unknown) {
  return async (event: unknown, { awsRequestId }: { awsRequestId: string }): Promise<unknown> => {
    const result = await work(await openValue<Text>(manager, event));
    return packValue(manager, result, { limit: LIMIT, scope: scopePath("lambda", awsRequestId) });
  };
}

const handler = handlerOf(({ text }) => ({ text: text.toUpperCase(), length: text.length }));

/** As the service does: JSON of a limited size in and out. */
async function invoke(event: unknown): Promise<unknown> {
  const text = JSON.stringify(event);
  assert.ok(Buffer.byteLength(text) <= LIMIT);
  const answer = JSON.stringify(await handler(JSON.parse(text), { awsRequestId: "8f5e" }));
  assert.ok(Buffer.byteLength(answer) <= LIMIT);
  return JSON.parse(answer);
}

// What fits goes as it is, and the store is not asked.
assert.deepEqual(await invoke({ text: "small" }), { text: "SMALL", length: 5 });

const text = "a long line\n".repeat(1_000_000);
const event = await packValue(manager, { text }, { limit: LIMIT, scope: "callers/1" });
const answer = await invoke(event);
assert.ok([...referencesIn(answer)].length > 0);
assert.deepEqual(await openValue(manager, answer), { text: text.toUpperCase(), length: text.length });

assert.ok((await manager.release("lambda")).deleted > 0);
assert.ok((await manager.release("callers/1")).deleted > 0);
