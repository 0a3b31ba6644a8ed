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

it("takes the signatures of requests that go past the SDK", async () => {
  const { requestHandler } = new S3Client(cephClientConfig()).config;
  const bySdk: boolean[] = [];
  const handle: typeof requestHandler.handle = (request, options) => {
    bySdk.push("amz-sdk-invocation-id" in request.headers);
    return requestHandler.handle(request, options);
  };
  const clientConfig = cephClientConfig({ requestHandler: { ...requestHandler, handle } });
  await using store = new S3Store({ bucket, clientConfig, capability, prefix: "signed/p q" });
  for (const path of ["a", "a b", "ü/ß", "+%2F%", "!'()*~", "日本/🧥", "a=b&c;d:e@f,g", "$"]) {
    const { etag } = await store.write(path, path, { contentType: "a/b; c=d", metadata: { one: "a  b", two: "c" } });
    await store.write(path, path, { ifMatch: etag! });
    expect(await (await store.read(path, { offset: 1 })).bytes()).toEqual(Buffer.from(path).subarray(1));
    expect(await store.stat(path)).toMatchObject({ size: Buffer.byteLength(path) });
    await store.delete(path);
    await expect(store.stat(path)).resolves.toBeUndefined();
  }
  requestHandler.destroy?.();
  expect(bySdk.length).toBeGreaterThan(50);
  expect(bySdk).not.toContain(true);
});

storeConformance(
  { describe, it },
  {
    name: "S3Store on Ceph, by the SDK alone",
    create: () => new S3Store({ bucket, clientConfig: cephClientConfig(), capability, transport: "sdk" }),
    largeObjectSize: 20 * 1024 * 1024 + 1,
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
