import { execFileSync } from "node:child_process";
import { serviceVariable } from "./service-variable.js";

interface Outcome {
  same: boolean;
  attempts: number;
  largestRow: number;
  objects: number;
  reads: number;
}

const NODE = "22"; // pg-boss 12 needs 22.12, graphile-worker 0.18 needs 22.18
jest.setTimeout(120_000);

it("runs five jobs of 10 B to 5 MB with a retry in pg-boss, graphile-worker and agenda", () => {
  const program = ["scripts/on-node.mjs", NODE, "--import", "tsx", "test/services/jobs-child.ts"];
  const env = { ...process.env, POSTGRES_URL: serviceVariable("POSTGRES_URL") };
  const outcomes = JSON.parse(execFileSync(process.execPath, program, { env, encoding: "utf8" })) as Record<
    string,
    Outcome
  >;
  process.stderr.write(`On Node ${NODE}, which pg-boss and graphile-worker need: ${JSON.stringify(outcomes)}\n`);
  const done = { same: true, reads: 5 };
  expect(outcomes).toMatchObject({
    pgBoss: { ...done, objects: 5 },
    // It deletes jobs that have succeeded, and with "settle" what they lead to.
    graphileWorker: { ...done, objects: 0 },
    agenda: { ...done, objects: 5 },
  });
  for (const { attempts, largestRow } of Object.values(outcomes)) {
    expect(attempts).toBeGreaterThanOrEqual(6); // queues deliver at least once
    expect(largestRow).toBeLessThanOrEqual(65_536);
  }
});
