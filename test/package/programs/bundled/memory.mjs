import assert from "node:assert/strict";
import { MemoryStore, StorageManager } from "coatcheck";

async function main() {
  const payload = { id: 7, text: "x".repeat(5000) };
  const manager = new StorageManager({ store: new MemoryStore() });
  const message = JSON.stringify(await manager.dehydrate(payload));
  assert.ok(message.length < 1000);
  assert.deepEqual(await manager.hydrate(JSON.parse(message)), payload);

  // What the program did not import is not inside.
  const environment = { COATCHECK_STORAGE_PROVIDER: "s3", COATCHECK_STORAGE_S3_BUCKET: "tickets" };
  const error = await StorageManager.fromEnv(environment).catch((reason) => reason);
  assert.equal(error.code, "CONFIG_INVALID");
  assert.match(error.message, /import "coatcheck\/s3"/);
  console.log("done");
}

void main();
