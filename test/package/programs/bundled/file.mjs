import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FileStore, StorageManager } from "coatcheck";
import "coatcheck/file";

async function main() {
  const root = await mkdtemp(join(tmpdir(), "coatcheck-bundled-"));
  try {
    const payload = { id: 7, text: "x".repeat(5000) };
    const message = await new StorageManager({ store: new FileStore({ root }) }).dehydrate(payload);
    assert.ok((await readdir(root)).length > 0);
    const environment = { COATCHECK_STORAGE_PROVIDER: "file", COATCHECK_STORAGE_PATH: root };
    const manager = await StorageManager.fromEnv(environment);
    assert.ok(manager.store instanceof FileStore);
    assert.deepEqual(await manager.hydrate(message), payload);
  } finally {
    await rm(root, { recursive: true });
  }
  console.log("done");
}

void main();
