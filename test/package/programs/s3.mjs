import assert from "node:assert/strict";
import { S3Store } from "coatcheck/s3";

const store = new S3Store({ bucket: "tickets", clientConfig: { region: "us-east-1" } });
assert.equal(store.name, "s3");
assert.equal(store.capability.presign, true);
await store.close();
