import { spawnSync } from "node:child_process";
import process from "node:process";
import { builtUrl } from "../built.js";
import { median, spread, type Spread } from "../measure/statistics.js";

/** What it takes a process to import an entry point: ms more than a process takes that does nothing. */
export interface Start {
  readonly name: string;
  readonly ms: Spread;
}

const ENTRIES = [
  ["coatcheck", "index"],
  ["coatcheck/s3", "s3"],
] as const;

/** Starts processes with and without an import, by turns. */
export function measureStart(rounds: number): Start[] {
  const programs = ["", ...ENTRIES.map(([, entry]) => `await import(${JSON.stringify(builtUrl(entry))});`)];
  for (const program of programs) run(program); // the first time, files come from the disk
  const times: number[][] = programs.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (const [index, program] of programs.entries()) times[index]!.push(run(program));
  }
  const empty = median(times[0]!);
  return ENTRIES.map(([name], index) => ({ name, ms: spread(times[index + 1]!.map((ms) => ms - empty)) }));
}

function run(program: string): number {
  const begin = performance.now();
  const { status, stderr } = spawnSync(process.execPath, ["--input-type=module", "--eval", program], {
    stdio: ["ignore", "ignore", "pipe"],
    encoding: "utf8",
  });
  const took = performance.now() - begin;
  if (status !== 0) throw new Error(`A process that imports the package failed: ${stderr}`);
  return took;
}
