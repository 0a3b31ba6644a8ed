import {
  ListObjectVersionsCommand,
  ListMultipartUploadsCommand,
  PutBucketVersioningCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { S3Store, type S3Conditions } from "../../src/s3.js";
import { createBucket } from "../fixtures/s3-server.js";
import { cephClientConfig } from "./ceph.js";

jest.setTimeout(300_000);

const RUNS = 30;
const client = new S3Client(cephClientConfig());

afterAll(() => client.destroy());

async function detected(bucket: string): Promise<S3Conditions> {
  await using store = await S3Store.detect({ bucket, clientConfig: cephClientConfig() });
  const { ifNoneMatch, ifMatch, deleteIfMatch } = store.capability;
  return { ifNoneMatch, ifMatch, deleteIfMatch };
}

/** The different answers of many runs. */
async function answersOf(bucket: string, runs: number): Promise<S3Conditions[]> {
  const answers = new Map<string, S3Conditions>();
  for (let run = 0; run < runs; run++) {
    const answer = await detected(bucket);
    answers.set(JSON.stringify(answer), answer);
  }
  return [...answers.values()];
}

// There the gateway looks first and writes then, so that many writers win: how many, is chance.
it(`gives the same, right answer in ${RUNS} runs over a bucket with versions`, async () => {
  const bucket = await createBucket(client);
  const VersioningConfiguration = { Status: "Enabled" } as const;
  await client.send(new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration }));
  expect(await answersOf(bucket, RUNS)).toEqual([{ ifNoneMatch: false, ifMatch: false, deleteIfMatch: false }]);
});

it("gives the same, right answer over a bucket without versions, and leaves nothing behind", async () => {
  const bucket = await createBucket(client);
  expect(await answersOf(bucket, 5)).toEqual([{ ifNoneMatch: true, ifMatch: true, deleteIfMatch: false }]);
  expect((await client.send(new ListObjectVersionsCommand({ Bucket: bucket }))).Versions ?? []).toEqual([]);
  expect((await client.send(new ListMultipartUploadsCommand({ Bucket: bucket }))).Uploads ?? []).toEqual([]);
});

it("finds the conditions of a server that is sent no checksums", async () => {
  const bucket = await createBucket(client);
  const clientConfig = cephClientConfig({ requestChecksumCalculation: "WHEN_REQUIRED" });
  await using store = await S3Store.detect({ bucket, clientConfig });
  expect(store.capability).toMatchObject({ ifNoneMatch: true, ifMatch: true });
});
