import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { builtUrl } from "../built.js";
import { median, spread, type Spread } from "../measure/statistics.js";
import { ROOT } from "../root.js";

/** What a process takes to import an entry point, or to run the command: ms more than one takes that does nothing. */
export interface Start {
  /** `coatcheck/s3`: an entry point; `coatcheck ls`: a command. */
  readonly name: string;
  readonly ms: Spread;
}

/** Whether it is the start of a command. */
export function isCommand({ name }: Start): boolean {
  return name.includes(" ");
}

const ENTRIES = [
  ["coatcheck", "index"],
  ["coatcheck/s3", "s3"],
] as const;

/** Starts processes with and without an import, or a command, by turns. */
export function measureStart(rounds: number): Start[] {
  const directory = mkdtempSync(join(tmpdir(), "start-"));
  try {
    const programs = { "": evaluated("0"), ...imports(), ...commands(directory) };
    const times = new Map(Object.keys(programs).map((name): [string, number[]] => [name, []]));
    for (const args of Object.values(programs)) run(args); // the first time, files come from the disk
    for (let round = 0; round < rounds; round++) {
      for (const [name, args] of Object.entries(programs)) times.get(name)!.push(run(args));
    }
    const empty = median(times.get("")!);
    times.delete("");
    return [...times].map(([name, all]) => ({ name, ms: spread(all.map((ms) => ms - empty)) }));
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function imports(): Record<string, string[]> {
  return Object.fromEntries(
    ENTRIES.map(([name, entry]) => [name, evaluated(`await import(${JSON.stringify(builtUrl(entry))});`)]),
  );
}

/** A store of files needs no client of a service. */
function commands(directory: string): Record<string, string[]> {
  const bin = join(ROOT, "dist", "esm", "bin.js");
  return {
    "coatcheck --help": [bin, "--help"],
    "coatcheck ls": [bin, "--store", pathToFileURL(directory).href, "ls"],
    "coatcheck explain": [bin, "explain", join(ROOT, "package.json")],
  };
}

function evaluated(program: string): string[] {
  return ["--input-type=module", "--eval", program];
}

function run(args: readonly string[]): number {
  const begin = performance.now();
  const { status, stderr } = spawnSync(process.execPath, args, {
    stdio: ["ignore", "ignore", "pipe"],
    encoding: "utf8",
  });
  const took = performance.now() - begin;
  if (status !== 0) throw new Error(`A process that uses the package failed: ${stderr}`);
  return took;
}
