// The client libraries of Redis, Google and Azure are not installed: nothing asks for one before it is used. Those of
// metrics and traces are asked for at once.
import assert from "node:assert/strict";
import { RoutingStore, MemoryStore, isStorageError } from "coatcheck";
import { AzureStore } from "coatcheck/azure";
import { GcsStore } from "coatcheck/gcs";
import { RedisStore } from "coatcheck/redis";

const connectionString = "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=a2V5;EndpointSuffix=core.windows.net";
const routing = new RoutingStore({ primary: new MemoryStore() });
const cases = [
  [new RedisStore({ url: "redis://127.0.0.1:1" }), "a", "ioredis"],
  [new GcsStore({ bucket: "box" }), "a", "@google-cloud/storage"],
  [new AzureStore({ container: "tickets", connectionString }), "a", "@azure/storage-blob"],
  [routing, "gs://tickets/a", "@google-cloud/storage"],
];
for (const [store, path, name] of cases) {
  await assert.rejects(store.read(path), (error) => {
    assert.ok(isStorageError(error, "MISSING_DEPENDENCY"), String(error));
    assert.ok(error.message.includes(name), error.message);
    return true;
  });
  await store.close();
}
for (const [entry, name] of [
  ["coatcheck/prometheus", "prom-client"],
  ["coatcheck/otel", "@opentelemetry/api"],
]) {
  await assert.rejects(import(entry), (error) => {
    assert.ok(isStorageError(error, "MISSING_DEPENDENCY"), String(error));
    assert.ok(error.message.includes(`npm install ${name}`), error.message);
    return true;
  });
}
