import type { BenchCase } from "../case.js";
import type { BenchStorage, Contender } from "../contender.js";
import { FLOOR } from "../contenders/index.js";
import { writePayload } from "../payload/file.js";
import { ServerControl } from "../s3/control.js";
import type { BenchServer } from "../s3/start.js";
import { runInChild } from "./fork.js";
import type { CompareJob, Outcome, Sample } from "./sample.js";
import { rowOf, type CompareRow } from "./row.js";

/** Where objects go, as tables name it. */
export interface NamedStorage {
  readonly name: string;
  /** ms that a request waits; undefined for memory. */
  readonly latency?: number;
}

export const STORAGES: readonly NamedStorage[] = [
  { name: "memory" },
  { name: "s3-0ms", latency: 0 },
  { name: "s3-30ms", latency: 30 },
];

export interface ComparePlan {
  readonly bench: BenchCase;
  readonly storage: NamedStorage;
  readonly contenders: readonly Contender[];
  /** Processes for each contender. Of what takes long, or is long, fewer. */
  readonly rounds: number;
  /** ms to measure the time of one operation for, in each process. */
  readonly budget: number;
}

const TIMEOUT = 300_000;
// After a process that took so many ms, one contender gets at most so many rounds.
const ROUNDS_OF_LONG: readonly [ms: number, rounds: number][] = [
  [15_000, 1],
  [5000, 2],
];

/** Measures the contenders on one payload: round by round, each in a process of its own. */
export async function compare(
  plan: ComparePlan,
  server: BenchServer | undefined,
  folder: string,
): Promise<CompareRow[]> {
  const { bench, contenders } = plan;
  const storage = storageOf(plan.storage, server);
  const able = contenders.filter((contender) => contender.cannot(bench, storage) === undefined);
  const payloadFile = writePayload(bench, folder);
  const runs = new Map<string, Run>(able.map(({ name }) => [name, { samples: [], roundsLeft: plan.rounds }]));

  for (let round = 0; round < plan.rounds; round++) {
    for (const { name } of able) {
      const run = runs.get(name)!;
      if (run.roundsLeft-- <= 0) continue;
      if (server !== undefined) await new ServerControl(server.control).clear();
      const job = {
        contender: name,
        payloadFile,
        storage,
        ...controlOf(server, storage),
        verify: round === 0,
        budget: plan.budget,
      };
      await runOnce(job, run);
    }
  }
  const floor = runs.get(FLOOR)?.samples ?? [];
  return contenders.map((contender) =>
    rowOf(
      { case: bench.name, storage: plan.storage.name, contender: contender.name },
      runs.get(contender.name) ?? { samples: [], problem: { cannot: contender.cannot(bench, storage)! } },
      floor,
    ),
  );
}

interface Run {
  readonly samples: Sample[];
  roundsLeft: number;
  problem?: { readonly wrong: string } | { readonly failed: string };
}

async function runOnce(job: CompareJob, run: Run): Promise<void> {
  const begin = performance.now();
  const child = new URL("./compare-child.js", import.meta.url);
  const outcome = await runInChild<Outcome>(child, job, { timeout: TIMEOUT }).catch((error: unknown): Outcome => ({
    failed: error instanceof Error ? error.message : String(error),
  }));
  if ("sample" in outcome) {
    run.samples.push(outcome.sample);
  } else {
    run.problem = outcome;
    run.roundsLeft = 0; // what fails once is not measured
  }
  const took = performance.now() - begin;
  for (const [ms, rounds] of ROUNDS_OF_LONG) {
    if (took > ms) run.roundsLeft = Math.min(run.roundsLeft, rounds - run.samples.length);
  }
}

function storageOf({ latency }: NamedStorage, server: BenchServer | undefined): BenchStorage {
  if (latency === undefined) return { kind: "memory" };
  return { kind: "s3", s3: server!.target(latency) };
}

function controlOf(server: BenchServer | undefined, storage: BenchStorage): { control?: string } {
  return storage.kind === "s3" ? { control: server!.control } : {};
}
