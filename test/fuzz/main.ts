// The command `npm run fuzz`: see docs/testing.md.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { nameOf, writeCorpus } from "./engine/corpus.js";
import { supervise } from "./engine/supervise.js";
import { plantedNames, targetNames } from "./targets.js";

const FAILURES = ".fuzz/failures";

const { values } = parseArgs({
  options: {
    target: { type: "string", multiple: true },
    seconds: { type: "string", default: "10" },
    seed: { type: "string" },
    input: { type: "string" },
    "no-keep": { type: "boolean", default: false },
    planted: { type: "boolean", default: false },
    "corpus-bytes": { type: "string", default: "12288" },
  },
});
const seed = Number(values.seed ?? Date.now() % 1_000_000);
const settings = { seed, seconds: Number(values.seconds), maxCorpusBytes: Number(values["corpus-bytes"]) };

/** Fuzzes one target, or runs one input of it. Gives whether nothing was wrong. */
async function fuzz(name: string): Promise<boolean> {
  const input = values.input === undefined ? undefined : readFileSync(values.input);
  const answer = await supervise({ ...settings, name, input });
  if ("error" in answer) {
    const file = join(FAILURES, `${name}-${nameOf(answer.input)}`);
    mkdirSync(FAILURES, { recursive: true });
    writeFileSync(file, answer.input);
    console.error(`${name}: seed ${seed}: ${answer.error}\n\nThe input, written to ${file}:`);
    console.error(JSON.stringify(Buffer.from(answer.input).toString("latin1").slice(0, 2000)));
    console.error(`To run it again: npm run fuzz -- --target ${name} --input ${file}`);
    return false;
  }
  const { executions, features, known, corpus } = answer.report;
  console.log(`${name}: seed ${seed}: ${executions} inputs, ${features} features, ${features - known} of them new`);
  if (input === undefined && !values["no-keep"]) writeCorpus(name, corpus);
  return true;
}

// How long fuzzing may take to find a planted bug, and one input may take before it counts as hanging.
const PLANTED_SECONDS = 60;
const HANGING_AFTER = 5_000;

/** Fuzzes a target with a bug in it. Gives whether it was found. */
async function finds(name: string): Promise<boolean> {
  const task = { ...settings, seconds: PLANTED_SECONDS, name, input: undefined };
  const answer = await supervise(task, HANGING_AFTER);
  const found = "error" in answer ? `found: ${answer.error.split("\n")[0]!}` : "not found";
  console.log(`planted ${name}: seed ${seed}: ${found}`);
  return "error" in answer;
}

const names = values.target ?? targetNames();
const unknown = names.filter((name) => !targetNames().includes(name));
if (unknown.length > 0) {
  console.error(`There is no target ${unknown.join(", ")}; there are: ${targetNames().join(", ")}.`);
  process.exitCode = 1;
} else {
  for (const name of values.planted ? plantedNames() : []) {
    if (!(await finds(name))) process.exitCode = 1;
  }
  for (const name of names) {
    if (!(await fuzz(name))) process.exitCode = 1;
  }
}
