import assert from "node:assert/strict";
import { createServer } from "node:http";
import { RoutingStore, MemoryStore, StorageManager } from "coatcheck";
import { S3Store } from "coatcheck/s3";

// As much of S3 as one object needs.
const objects = new Map();
const server = createServer(async (request, response) => {
  const chunks = await request.toArray();
  const key = request.url.split("?")[0];
  if (request.method === "PUT") objects.set(key, Buffer.concat(chunks));
  const body = objects.get(key);
  response.setHeader("etag", '"1"').setHeader("last-modified", new Date(0).toUTCString());
  response.end(request.method === "GET" ? body : undefined);
});

async function main() {
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const manager = await StorageManager.fromEnv({
    COATCHECK_STORAGE_PROVIDER: "s3",
    COATCHECK_STORAGE_S3_BUCKET: "tickets",
    COATCHECK_STORAGE_S3_ENDPOINT: `http://127.0.0.1:${server.address().port}`,
    COATCHECK_S3_ACCESS_KEY_ID: "id",
    COATCHECK_S3_SECRET_ACCESS_KEY: "secret",
  });
  assert.ok(manager.store instanceof S3Store);
  const payload = { id: 7, text: "x".repeat(5000) };
  const message = await manager.dehydrate(payload);
  assert.equal(objects.size, 1);
  assert.deepEqual(await manager.hydrate(message), payload);
  await manager.store.close();
  assert.equal((await new RoutingStore({ primary: new MemoryStore() }).capabilityOf("s3://tickets/a")).presign, true);
  server.close();
  server.closeAllConnections();
  console.log("done");
}

void main();
