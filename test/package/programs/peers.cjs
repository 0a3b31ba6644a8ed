const assert = require("node:assert/strict");
const { isStorageError } = require("coatcheck");
const { AzureStore } = require("coatcheck/azure");
const { GcsStore } = require("coatcheck/gcs");
const { RedisStore } = require("coatcheck/redis");

async function main() {
  const connectionString =
    "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=a2V5;EndpointSuffix=core.windows.net";
  for (const [store, name] of [
    [new RedisStore({ url: "redis://127.0.0.1:1" }), "ioredis"],
    [new GcsStore({ bucket: "box" }), "@google-cloud/storage"],
    [new AzureStore({ container: "tickets", connectionString }), "@azure/storage-blob"],
  ]) {
    await assert.rejects(store.read("a"), (error) => {
      assert.ok(isStorageError(error, "MISSING_DEPENDENCY"), String(error));
      assert.ok(error.message.includes(name), error.message);
      return true;
    });
  }
  for (const [entry, name] of [
    ["coatcheck/prometheus", "prom-client"],
    ["coatcheck/otel", "@opentelemetry/api"],
  ]) {
    assert.throws(
      () => require(entry),
      (error) => isStorageError(error, "MISSING_DEPENDENCY") && error.message.includes(`npm install ${name}`),
    );
  }
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
