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

function run(program: string): Promise<string> {
  return runProgram([program], {
    S3_ENDPOINT: server.endpoint,
    S3_BUCKET: bucket,
    AWS_ACCESS_KEY_ID: "test",
    AWS_SECRET_ACCESS_KEY: "testsecret",
  });
}

it("s3 takes a payload through an S3 server", async () => {
  const output = await run("examples/s3.ts");
  expect(output).toMatch(/"\$storageRef": "outputs\/example\/[0-9a-f]{64}\.json"/);
  expect(output.match(/also behind a URL for a minute$/gm)).toHaveLength(2);
  expect(output).toMatch(/^released: 2 objects$/m);
}, 60_000);

it("http-files serves an upload with its type, its name and ranges", async () => {
  expect((await run("examples/http-files.ts")).split("\n")).toEqual([
    "uploaded: 201",
    "whole: 200, text/csv; name*=UTF-8''M%C3%A4ntel.csv",
    "bytes=12-23: 206, bytes 12-23/1200000",
    "bytes=1199988-: 206, bytes 1199988-1199999/1200000",
    "bytes=-12: 206, bytes 1199988-1199999/1200000",
    "beyond the end: 416",
    `from the store: 200, attachment; filename="M_ntel.csv"; filename*=UTF-8''M%C3%A4ntel.csv`,
    "",
  ]);
}, 60_000);

it("browser-upload adopts what was put by a URL", async () => {
  expect((await run("examples/browser-upload.ts")).split("\n")).toEqual([
    "put into the store: 200",
    "completed: 204",
    "completed again: 404",
    'the payload: {"$storageContentType":"image/png; name=\\"coat.png\\"","$storageSize":17}',
    "the photo: a photo of a coat",
    'by a URL: image/png; name="coat.png", attachment; filename="coat.png"',
    "",
  ]);
}, 60_000);
