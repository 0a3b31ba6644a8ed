// The two builds are two copies of every class: what one throws, the other has to know.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import * as esm from "coatcheck";

const cjs = createRequire(import.meta.url)("coatcheck");

assert.notEqual(esm.StorageError, cjs.StorageError);
assert.deepEqual(Object.keys(cjs).sort(), Object.keys(esm).sort());

for (const [thrower, judge] of [
  [esm, cjs],
  [cjs, esm],
]) {
  const store = new thrower.MemoryStore();
  const error = await store.read("missing").catch((reason) => reason);
  assert.ok(judge.isStorageError(error));
  assert.ok(judge.isStorageError(error, "NOT_FOUND"));
  assert.ok(judge.isNotFound(error));
  assert.ok(!judge.isStorageError(error, "TIMEOUT"));

  // A manager of one build takes a store of the other.
  const manager = new judge.StorageManager({ store });
  const payload = { text: "x".repeat(5000) };
  assert.deepEqual(await manager.hydrate(await manager.dehydrate(payload)), payload);
}
