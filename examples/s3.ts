// The same manager on S3, or on any server that speaks its protocol. Credentials come from where the AWS SDK looks for
// them: the environment, a profile, the role of the machine.
// Run it: S3_BUCKET=tickets npx tsx examples/s3.ts
//         S3_ENDPOINT=http://localhost:9000 S3_BUCKET=tickets npx tsx examples/s3.ts
import assert from "node:assert/strict";
import { StorageManager } from "coatcheck";
import { S3Store } from "coatcheck/s3";

const { S3_BUCKET: bucket = "tickets", S3_ENDPOINT: endpoint, S3_REGION: region = "us-east-1" } = process.env;

const store = new S3Store({
  bucket,
  clientConfig: {
    region,
    // Servers other than AWS are addressed by path: endpoint/bucket/key.
    ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
  },
});
const manager = new StorageManager({ store });

const payload = { id: 7, document: "A long text. ".repeat(1000), checksum: Buffer.from("binary") };
const dehydrated = await manager.dehydrate(payload, { scope: "example" });
console.log(JSON.stringify(dehydrated, null, 2));

for await (const { path, size } of manager.list("outputs/example/")) {
  const url = await store.presign(path, { method: "GET", expiresIn: 60 });
  const response = await fetch(url);
  assert.equal((await response.arrayBuffer()).byteLength, size);
  console.log(`${path}: ${size} bytes, also behind a URL for a minute`);
}

const hydrated = await manager.hydrate<typeof payload>(dehydrated);
assert.equal(hydrated.document, payload.document);
assert.ok(Buffer.compare(hydrated.checksum, payload.checksum) === 0);

const { deleted } = await manager.release("example");
console.log(`released: ${deleted} objects`);
await manager.close();
await store.close();
