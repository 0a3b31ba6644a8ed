const assert = require("node:assert/strict");
const { S3Store } = require("coatcheck/s3");

const store = new S3Store({ bucket: "tickets", clientConfig: { region: "us-east-1" } });
assert.equal(store.name, "s3");
assert.equal(store.capability.presign, true);
store.close().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
