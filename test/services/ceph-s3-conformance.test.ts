import { S3Client } from "@aws-sdk/client-s3";
import { S3Store, type S3Conditions } from "../../src/s3.js";
import { storeConformance } from "../../src/testing/index.js";
import { createBucket } from "../fixtures/s3-server.js";
import { cephClientConfig } from "./ceph.js";
import { serviceVariable } from "./service-variable.js";

const client = new S3Client(cephClientConfig());
let bucket: string;
let capability: S3Conditions;

beforeAll(async () => {
  bucket = await createBucket(client);
  capability = await new S3Store({ bucket, client }).probe();
});

afterAll(() => {
  client.destroy();
});

it("sees what the server does with conditions", () => {
  // It deletes under If-Match, but says nothing when there is no object.
  expect(capability).toEqual({ ifNoneMatch: true, ifMatch: true, deleteIfMatch: false });
});

storeConformance(
  { describe, it },
  {
    name: "S3Store on Ceph",
    create: () => new S3Store({ bucket, clientConfig: cephClientConfig(), capability }),
    largeObjectSize: 20 * 1024 * 1024 + 1,
    manyObjects: 1_050,
  },
);

storeConformance(
  { describe, it },
  {
    name: "S3Store on Ceph, encrypted, under a prefix",
    create: () =>
      new S3Store({
        bucket,
        client,
        prefix: "a prefix/ü+%",
        partSize: 5 * 1024 * 1024,
        sse: "kms",
        kmsKeyId: serviceVariable("CEPH_KMS_KEY"),
        capability,
      }),
  },
);
