// One payload whose references point into files, S3 and Redis, hydrated by one manager. Each producer keeps its payloads
// where they suit it; the reader needs to know the schemes, and what it may read.
// Run it: S3_ENDPOINT=http://localhost:9000 S3_BUCKET=tickets REDIS_URL=redis://localhost npx tsx examples/many-schemes.ts
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FileStore, isStorageError, RoutingStore, StorageManager } from "coatcheck";
import { RedisStore } from "coatcheck/redis";
import { S3Store } from "coatcheck/s3";

const {
  S3_BUCKET: bucket = "tickets",
  S3_ENDPOINT: endpoint,
  S3_REGION: region = "us-east-1",
  REDIS_URL: url = "redis://localhost:6379",
} = process.env;

const root = await mkdtemp(join(tmpdir(), "coatcheck-schemes-"));
const dialed: string[] = [];
const store = new RoutingStore({
  primary: new FileStore({ root }),
  schemes: {
    // Made at first use, one for each bucket.
    s3: ({ container }) => {
      dialed.push(container);
      const clientConfig = { region, ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }) };
      return new S3Store({ bucket: container, clientConfig });
    },
    redis: new RedisStore({ url, prefix: "coatcheck-example", ttl: 600_000 }),
  },
});
// Credentials that can read a bucket are no reason to: what is not listed is not read.
const manager = new StorageManager({ store, allow: [`s3://${bucket}/reports`, "redis://cache/sessions"] });

const report = { title: "Q3", rows: Array.from({ length: 500 }, (_, row) => ({ row, amount: row * 7 })) };
const session = { user: 7, cart: "A long cart. ".repeat(200) };
const scan = new Uint8Array(50_000).fill(7);

const payload = {
  report: await manager.dehydrate(report, { scope: "q3", prefix: `s3://${bucket}/reports`, maxRecursionDepth: 0 }),
  session: await manager.dehydrate(session, { scope: "7", prefix: "redis://cache/sessions", maxRecursionDepth: 0 }),
  scan: await manager.dehydrate(scan, { scope: "q3" }), // where nothing is said: in the primary store, here files
};
console.log(JSON.stringify(payload, null, 2));
assert.deepEqual(dialed, [bucket]);

const hydrated = await manager.hydrate(JSON.parse(JSON.stringify(payload)));
assert.deepEqual(hydrated, { report, session, scan });
console.log("hydrated: from file, s3 and redis");

const elsewhere = { ...(payload.report as object), $storageRef: "s3://payroll/reports/q3.json" };
await manager.hydrate(elsewhere).then(
  () => assert.fail("a bucket that was never allowed"),
  (error: unknown) => assert.ok(isStorageError(error, "REFERENCE_DENIED")),
);
console.log("refused: a bucket that is not listed");

for (const scope of [`s3://${bucket}/reports/q3/`, "redis://cache/sessions/7/", "outputs/q3/"]) {
  for await (const { path } of manager.list(scope)) await manager.delete(path);
}
await manager.close();
await rm(root, { recursive: true });
