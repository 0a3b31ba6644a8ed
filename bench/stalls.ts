// The longest stalls under payloads that are made to stall: npx tsx bench/stalls.ts ["<payload>" ...], after npm run build.
// See docs/benchmarks.md. It starts itself once for each payload, so that no heap has what another left.
import { spawnSync } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { median } from "./measure/statistics.js";
import { stallsOf, HOSTILE, type HostileName, type StallRow } from "./shows/hostile.js";

const ROUNDS = 3;

const CHILD = "--child";

const names = process.argv.slice(2);
if (names[0] !== CHILD) {
  console.log("| payload | entry | JSON.parse | dehydrate | above | hydrate | above |");
  console.log("| - | - | - | - | - | - | - |");
  for (const name of names.length > 0 ? names : Object.keys(HOSTILE))
    console.log(`| ${rowOf(name, measured(name)).join(" | ")} |`);
} else {
  const rows: StallRow[] = [];
  for (let round = 0; round < ROUNDS; round++) rows.push(await stallsOf(names[1] as HostileName));
  console.log(JSON.stringify(rows));
}

function measured(name: string): StallRow[] {
  const execArgv = [...process.execArgv, "--expose-gc", "--max-old-space-size=8192"];
  const args = [...execArgv, fileURLToPath(import.meta.url), CHILD, name];
  const { stdout, stderr, status } = spawnSync(process.execPath, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${name} was not measured: ${stderr}`);
  return JSON.parse(stdout) as StallRow[];
}

function rowOf(name: string, rows: readonly StallRow[]): string[] {
  const ms = (value: number): string => `${value.toFixed(0)} ms`;
  const middle = (pick: (row: StallRow) => number): number => median(rows.map(pick));
  const parse = middle(({ parseMs }) => parseMs);
  const dehydrate = middle(({ dehydrateMs }) => dehydrateMs);
  const hydrate = middle(({ hydrateMs }) => hydrateMs);
  const above = (value: number): string => ms(Math.max(value - parse, 0));
  const size = `${(rows[0]!.entryBytes / 1e6).toFixed(1)} MB`;
  return [name, size, ms(parse), ms(dehydrate), above(dehydrate), ms(hydrate), above(hydrate)];
}
