import { S3Client } from "@aws-sdk/client-s3";
import { createBucket } from "../fixtures/s3-server.js";
import { runProgram } from "../examples/run-program.js";
import { cephClientConfig } from "./ceph.js";
import { serviceVariable } from "./service-variable.js";

it("many-schemes hydrates one payload from files, S3 and Redis", async () => {
  const client = new S3Client(cephClientConfig());
  const bucket = await createBucket(client);
  client.destroy();
  const output = await runProgram(["examples/many-schemes.ts"], {
    S3_ENDPOINT: serviceVariable("CEPH_ENDPOINT"),
    S3_BUCKET: bucket,
    AWS_ACCESS_KEY_ID: serviceVariable("CEPH_ACCESS_KEY"),
    AWS_SECRET_ACCESS_KEY: serviceVariable("CEPH_SECRET_KEY"),
    REDIS_URL: serviceVariable("REDIS_URL"),
  });
  expect(output).toContain(`"$storageRef": "s3://${bucket}/reports/q3/`);
  expect(output).toContain('"$storageRef": "redis://cache/sessions/7/');
  expect(output).toContain('"$storageRef": "outputs/q3/');
  expect(output).toMatch(/^hydrated: from file, s3 and redis\nrefused: a bucket that is not listed\n$/m);
}, 60_000);
