import { S3Client } from "@aws-sdk/client-s3";
import { createBucket, s3ClientConfig, startS3Server, type S3Server } from "../fixtures/s3-server.js";
import { runProgram } from "./run-program.js";

let server: S3Server;
let bucket: string;

beforeAll(async () => {
  server = await startS3Server();
  const client = new S3Client(s3ClientConfig(server.endpoint));
  bucket = await createBucket(client);
  client.destroy();
});

afterAll(async () => {
  await server.stop();
});

it("s3 takes a payload through an S3 server", async () => {
  const output = await runProgram(["examples/s3.ts"], {
    S3_ENDPOINT: server.endpoint,
    S3_BUCKET: bucket,
    AWS_ACCESS_KEY_ID: "test",
    AWS_SECRET_ACCESS_KEY: "testsecret",
  });
  expect(output).toMatch(/"\$storageRef": "outputs\/example\/[0-9a-f]{64}\.json"/);
  expect(output.match(/also behind a URL for a minute$/gm)).toHaveLength(2);
  expect(output).toMatch(/^released: 2 objects$/m);
}, 60_000);
