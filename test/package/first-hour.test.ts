import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { s3ClientConfig, startS3Server, type S3Server } from "../fixtures/s3-server.js";
import { ProjectWithPeers } from "./project-with-peers.js";

let project: ProjectWithPeers;
beforeAll(async () => {
  project = await ProjectWithPeers.create();
});
afterAll(() => project.remove());

describe("a program of the first hour", () => {
  it.concurrent.each([
    "steps.ts",
    "temporal.ts",
    "lambda.ts",
    "environment.ts",
    "http.ts",
    "bundlers.ts",
    "types.ts",
    "prometheus.ts",
    "otel.ts",
  ])("%s does what it says", async (program) => {
    await expect(project.run(program)).resolves.toBeUndefined();
  });

  it("has types that are right, with those of its libraries", async () => {
    await expect(project.typecheck("types.ts")).resolves.toBe("");
  });

  it.each([
    ["jest", "with-jest.cjs"],
    ["vitest", "with-vitest.ts"],
  ] as const)("is a suite that %s passes: %s", async (runner, program) => {
    expect(await project.test(runner, program)).toMatch(/Tests:? +1\d\d passed/);
  });
});

describe("a program that sends by AWS", () => {
  let server: S3Server;
  beforeAll(async () => {
    server = await startS3Server();
    const client = new S3Client(s3ClientConfig(server.endpoint));
    await client.send(new CreateBucketCommand({ Bucket: "payloads" }));
    client.destroy();
  });
  afterAll(() => server.stop());

  it.each(["sqs.ts", "sns.ts"])("%s does what it says", async (program) => {
    // Where the SDK looks by itself.
    const environment = {
      AWS_ENDPOINT_URL: server.endpoint,
      AWS_REGION: "us-east-1",
      AWS_ACCESS_KEY_ID: "test",
      AWS_SECRET_ACCESS_KEY: "testsecret",
    };
    await expect(project.run(program, environment)).resolves.toBeUndefined();
  });
});
