// Breaks one promise after the other in a copy of the source, and shows that tests notice: see docs/testing.md.
//
//   npm run test:mutants                          all of them
//   npm run test:mutants -- --only digest         those whose name says so; repeats --only
//   npm run test:mutants -- --room manager        those of the source below src/manager/
//   npm run test:mutants -- --sample 12           so many, by the seed of the day; --seed 20261128 has them again
import process from "node:process";
import { parseArgs } from "node:util";
import type { Mutant } from "./mutant.js";
import { runMutant, runSeers, type Verdict } from "./run-mutant.js";
import { sampled, seedOfDay } from "./sample.js";
import { SourceCopy } from "./source-copy.js";
import { MUTANTS } from "./table.js";

const AT_A_TIME = 2;

// Milliseconds that all tests have together, when nothing is broken.
const UNBROKEN_LIMIT = 1_800_000;

const { values } = parseArgs({
  options: {
    only: { type: "string", multiple: true, default: [""] },
    room: { type: "string", default: "" },
    sample: { type: "string" },
    seed: { type: "string" },
  },
});

const say = (line: string): void => void process.stdout.write(`${line}\n`);

function chosen(): readonly Mutant[] {
  const wanted = MUTANTS.filter(
    ({ name, file }) => values.only.some((part) => name.includes(part)) && file.startsWith(values.room),
  );
  if (values.sample === undefined) return wanted;
  const seed = values.seed === undefined ? seedOfDay(new Date()) : Number(values.seed);
  say(`seed ${seed}: npm run test:mutants -- --sample ${values.sample} --seed ${seed}`);
  return sampled(wanted, Number(values.sample), seed);
}

/** Whether all tests that see mutants pass in a copy without one. If not, what they say of mutants is worth nothing. */
async function passesUnbroken(mutants: readonly Mutant[], copy: SourceCopy): Promise<boolean> {
  const tests = new Set(mutants.flatMap(({ seenBy }) => ("tests" in seenBy ? seenBy.tests : [])));
  if (tests.size === 0) return true;
  const { outcome, by } = await runSeers({ tests: [...tests] }, copy, UNBROKEN_LIMIT);
  if (outcome !== "survived") say(`Tests fail though nothing is broken: ${by}`);
  return outcome === "survived";
}

async function runAll(mutants: readonly Mutant[], copies: readonly SourceCopy[]): Promise<boolean> {
  const found: { mutant: Mutant; verdict: Verdict }[] = [];
  const left = mutants.values();
  const begin = performance.now();
  const worker = async (copy: SourceCopy): Promise<void> => {
    for (const mutant of left) {
      const start = performance.now();
      const verdict = await runMutant(mutant, copy);
      found.push({ mutant, verdict });
      const seconds = ((performance.now() - start) / 1000).toFixed(0);
      const word = verdict.outcome === "caught" ? "caught  " : verdict.outcome.toUpperCase();
      say(`${word} ${mutant.name} (src/${mutant.file}, ${seconds} s): ${verdict.by || mutant.promise.says}`);
    }
  };
  await Promise.all(copies.map(worker));
  const count = (outcome: Verdict["outcome"]): number =>
    found.filter(({ verdict }) => verdict.outcome === outcome).length;
  const seconds = ((performance.now() - begin) / 1000).toFixed(0);
  say(`${count("caught")} of ${mutants.length} were caught in ${seconds} s`);
  for (const { mutant, verdict } of found) {
    if (verdict.outcome !== "caught") say(`  ${verdict.outcome}: ${mutant.name}`);
  }
  return count("caught") === mutants.length;
}

async function main(): Promise<boolean> {
  const mutants = chosen();
  if (mutants.length === 0) throw new Error("There is no such mutant.");
  const copies = await Promise.all(
    Array.from({ length: Math.min(AT_A_TIME, mutants.length) }, () => SourceCopy.make()),
  );
  try {
    return (await passesUnbroken(mutants, copies[0]!)) && (await runAll(mutants, copies));
  } finally {
    await Promise.all(copies.map((copy) => copy.remove()));
  }
}

// What runs is in groups of its own, which hear of no signal; they end when this process exits.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));
process.exitCode = (await main()) ? 0 : 1;
