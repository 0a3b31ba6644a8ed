import { randomUUID } from "node:crypto";
import { S3Client } from "@aws-sdk/client-s3";
import { S3Store } from "../../src/s3.js";
import { createBucket } from "../fixtures/s3-server.js";
import {
  assertJumpingClockLosesNothing,
  assertKilledCollectorsLoseNothing,
  assertStoppedWriterLosesNothing,
  assertTwoCollectorsLoseNothing,
  Processes,
  STOPS,
} from "../support/collecting/processes.js";
import { cephClientConfig } from "./ceph.js";

describe("over Ceph", () => {
  const client = new S3Client(cephClientConfig());
  let processes: Processes;

  beforeAll(async () => {
    const bucket = await createBucket(client);
    processes = new Processes(() => {
      const prefix = randomUUID();
      const spec = { bucket, prefix, config: cephClientConfig() };
      return Promise.resolve({ spec, store: new S3Store({ bucket, prefix, client }) });
    });
  });
  afterEach(() => processes.stop());
  afterAll(() => {
    processes.remove();
    client.destroy();
  });

  it.each(STOPS)("a writer that is stopped between its last write and its return, and then %s", (_, stop) =>
    assertStoppedWriterLosesNothing(processes, stop),
  );

  it("a collector that is killed at any request leaves what the next pass ends, and takes nothing that is needed", () =>
    assertKilledCollectorsLoseNothing(processes, "both"));

  it("two collectors in two processes at once take what is over, and nothing else, without a failure", () =>
    assertTwoCollectorsLoseNothing(processes));

  it("a clock that is set back and forth by a day, in one process, loses nothing, and stops no pass", () =>
    assertJumpingClockLosesNothing(processes));
});
