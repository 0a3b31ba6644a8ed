import { S3Client } from "@aws-sdk/client-s3";
import { S3Store } from "../../../../src/s3.js";
import { storeConformance } from "../../../../src/testing/index.js";
import { createBucket, s3ClientConfig, startS3Server, type S3Server } from "../../../fixtures/s3-server.js";

jest.setTimeout(30_000);

let server: S3Server;
let client: S3Client;
let bucket: string;

beforeAll(async () => {
  server = await startS3Server();
  client = new S3Client(s3ClientConfig(server.endpoint));
  bucket = await createBucket(client);
});

afterAll(async () => {
  client.destroy();
  await server.stop();
});

// The emulator ignores conditional writes, and the store is told so: its probe would say the same (see probe.test.ts).
const capability = { ifNoneMatch: false, ifMatch: false };

storeConformance(
  { describe, it },
  {
    name: "S3Store on an emulator",
    create: () => new S3Store({ bucket, clientConfig: s3ClientConfig(server.endpoint), capability }),
    largeObjectSize: 9 * 1024 * 1024,
    manyObjects: 1_005,
  },
);

storeConformance(
  { describe, it },
  {
    name: "S3Store under a prefix, with a client of the caller",
    create: () => new S3Store({ bucket, client, prefix: "a prefix/ü+%", partSize: 5 * 1024 * 1024, capability }),
  },
);
