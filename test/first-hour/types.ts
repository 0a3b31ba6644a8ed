// What goes in says what comes out, and the compiler knows it.
import assert from "node:assert/strict";
import { MemoryStore, StorageManager, isReference, isStorageError, type Dehydrated } from "coatcheck";

interface Order {
  id: number;
  placed: Date;
  scan: Uint8Array;
  note?: string;
}
const manager = new StorageManager({ store: new MemoryStore() });
const order: Order = { id: 42, placed: new Date(0), scan: new Uint8Array(5000), note: "long ".repeat(1000) };

const message: Dehydrated<Order> = await manager.dehydrate(order, { scope: "run-1" });
const back = await manager.hydrate(message);
const id: number = back.id;
const placed: string = back.placed; // JSON has no dates
const scan: Uint8Array = back.scan;
assert.deepEqual([id, placed, scan.byteLength], [42, "1970-01-01T00:00:00.000Z", 5000]);
// @ts-expect-error it is a text
const date: Date = back.placed;
assert.equal(date instanceof Date, false);
// @ts-expect-error there is no such field
assert.equal(back.total, undefined);

const note: string = await manager.pick<string>(message, "note");
assert.equal(note, order.note);

// What may be a reference has to be asked.
assert.ok(!isReference(message) && isReference(message.scan));
assert.ok("$storageRef" in message.scan);
const place: string = message.scan.$storageRef;
assert.match(place, /^outputs\/run-1\//);

await manager.release("run-1");
try {
  await manager.hydrate(message);
  assert.fail("the objects are gone");
} catch (error) {
  if (!isStorageError(error, "NOT_FOUND")) throw error;
  const code: "NOT_FOUND" = error.code; // narrowed
  assert.equal(code, "NOT_FOUND");
}
// @ts-expect-error no such option
await assert.rejects(manager.dehydrate(order, { scop: "run-1" }), { code: "CONFIG_INVALID" });
