import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { S3Store } from "coatcheck/s3";

// Whether requests go past the middleware of the SDK that is installed: it may have changed what they rely on.
const bySdk = [];
const handle = ({ headers }) => {
  bySdk.push("amz-sdk-invocation-id" in headers);
  const answer = { statusCode: 200, headers: { etag: '"1"', "content-length": "0" }, body: Readable.from([]) };
  return Promise.resolve({ response: answer });
};
const credentials = { accessKeyId: "key", secretAccessKey: "secret" };
const store = new S3Store({
  bucket: "tickets",
  clientConfig: { region: "us-east-1", credentials, requestHandler: { handle } },
});
await store.write("a", "x");
await (await store.read("a")).bytes();
await store.stat("a");
await store.delete("a");
await store.close();
assert.deepEqual(bySdk, [false, false, false, false]);
