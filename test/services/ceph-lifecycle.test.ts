import {
  GetBucketLifecycleConfigurationCommand,
  PutBucketLifecycleConfigurationCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { checkLifecycle, lifecycleRules } from "../../src/index.js";
import { createBucket } from "../fixtures/s3-server.js";
import { cephClientConfig } from "./ceph.js";

const DAY = 86_400_000;
const client = new S3Client(cephClientConfig());

afterAll(() => client.destroy());

it.each(["generic", "s3"] as const)("an S3-compatible takes the lifecycle rules for %s, and keeps them", async (of) => {
  const bucket = await createBucket(client);
  const policy = { prefix: "outputs", ttl: 7 * DAY };
  const LifecycleConfiguration = lifecycleRules(of, policy);
  await client.send(new PutBucketLifecycleConfigurationCommand({ Bucket: bucket, LifecycleConfiguration }));

  const { Rules } = await client.send(new GetBucketLifecycleConfigurationCommand({ Bucket: bucket }));
  expect(Rules).toMatchObject(LifecycleConfiguration.Rules);
  expect(checkLifecycle({ Rules }, policy)).toEqual([]);
  expect(checkLifecycle({ Rules }, { ...policy, ttl: 30 * DAY })).toEqual([
    { rule: "coatcheck-expiry", why: expect.stringMatching(/^Expiration\.Days deletes after \d+ days/) as string },
  ]);
});
