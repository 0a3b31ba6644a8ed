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

  // A manager of one build takes a store and codecs of the other.
  const keys = { a: new Uint8Array(32).fill(1), b: new Uint8Array(32).fill(2) };
  const signing = { keys, activeKeyId: "a" };
  const managerWith = (own, activeKeyId) => {
    const codecs = [thrower.gzip(), thrower.aes256gcm({ keys: own, activeKeyId })];
    return new judge.StorageManager({ store, codecs, signing });
  };
  const payload = { text: "x".repeat(5000) };
  const ticket = await managerWith(keys, "a").dehydrate(payload);
  assert.equal((await managerWith(keys, "b").reencrypt("")).reencrypted, 1);
  assert.deepEqual(await managerWith({ b: keys.b }, "b").hydrate(ticket), payload);
  // Without the key nothing can be said of the entry.
  const report = await managerWith({ a: keys.a }, "a").verify(ticket);
  assert.deepEqual([report.refused, report.corrupt], [1, 0]);
}
