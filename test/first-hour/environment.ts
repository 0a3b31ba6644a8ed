// A manager by environment variables, which is checked at start. What is wrong is said at once, by name.
import assert from "node:assert/strict";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { StorageManager, gzip, type StorageEvent } from "coatcheck";

const env = {
  COATCHECK_STORAGE_PROVIDER: "file",
  COATCHECK_STORAGE_PATH: await mkdtemp(join(tmpdir(), "environment-")),
  COATCHECK_MAX_INLINE_SIZE: "512",
  COATCHECK_STORAGE_TIMEOUT: "30s",
};
const events: StorageEvent[] = [];
const options = { codecs: [gzip()], observer: (event: StorageEvent) => events.push(event) };

await using manager = await StorageManager.fromEnv(env, { options });
await manager.check(); // the directory is there, and may be written

const payload = { text: "a long line\n".repeat(10_000) };
const message = await manager.dehydrate(payload, { scope: "run-1" });
assert.deepEqual(await manager.hydrate(message), payload);
const stored = events.find(({ operation }) => operation === "write");
assert.ok(stored!.bytes < 5000); // compressed

const wrong = {
  ...env,
  COATCHECK_STORAGE_TIMEOUT: "fast",
  COATCHECK_MAX_INLINE_SIZE: "-1",
  COATCHECK_STORAGE_S3_BUCKT: "payloads",
};
await assert.rejects(StorageManager.fromEnv(wrong), (error: Error) => {
  assert.match(error.message, /COATCHECK_STORAGE_TIMEOUT/);
  assert.match(error.message, /COATCHECK_MAX_INLINE_SIZE/);
  assert.match(error.message, /COATCHECK_STORAGE_S3_BUCKT.*COATCHECK_STORAGE_S3_BUCKET/);
  return true;
});
