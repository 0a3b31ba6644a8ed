import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FileStore } from "../../../src/file.js";
import {
  assertJumpingClockLosesNothing,
  assertKilledCollectorsLoseNothing,
  assertStoppedWriterLosesNothing,
  assertTwoCollectorsLoseNothing,
  Processes,
  STOPS,
} from "../../support/collecting/processes.js";

// The same over Ceph: test/services/ceph-collector-processes.test.ts.
describe("over files", () => {
  let directory: string;
  let processes: Processes;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "processes-"));
    processes = new Processes(async () => {
      const root = await mkdtemp(join(directory, "store-"));
      return { spec: { root }, store: new FileStore({ root, fsync: false }) };
    });
  });
  afterEach(() => processes.stop());
  afterAll(async () => {
    processes.remove();
    await rm(directory, { recursive: true });
  });

  it.each(STOPS)("a writer that is stopped between its last write and its return, and then %s", (_, stop) =>
    assertStoppedWriterLosesNothing(processes, stop),
  );

  it("a collector that is killed at any request leaves what the next pass ends, and takes nothing that is needed", () =>
    assertKilledCollectorsLoseNothing(processes, "in turn"));

  it("two collectors in two processes at once take what is over, and nothing else, without a failure", () =>
    assertTwoCollectorsLoseNothing(processes));

  it("a clock that is set back and forth by a day, in one process, loses nothing, and stops no pass", () =>
    assertJumpingClockLosesNothing(processes));
});
