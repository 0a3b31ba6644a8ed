// The command `npm run fuzz`: see docs/testing.md.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { nameOf, writeCorpus } from "./engine/corpus.js";
import { supervise } from "./engine/supervise.js";
import { targetNames } from "./targets.js";

const FAILURES = ".fuzz/failures";

const { values } = parseArgs({
  options: {
    target: { type: "string", multiple: true },
    seconds: { type: "string", default: "10" },
    seed: { type: "string" },
    "corpus-bytes": { type: "string", default: "12288" },
    "no-keep": { type: "boolean", default: false },
    input: { type: "string" },
  },
});

/** Fuzzes one target, or runs one input of it. Gives whether nothing was wrong. */
async function fuzz(name: string, seed: number): Promise<boolean> {
  const answer = await supervise({
    name,
    seed,
    seconds: Number(values.seconds),
    maxCorpusBytes: Number(values["corpus-bytes"]),
    input: values.input === undefined ? undefined : readFileSync(values.input),
  });
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
  if (values.input === undefined && !values["no-keep"]) writeCorpus(name, corpus);
  return true;
}

const names = values.target ?? targetNames();
const unknown = names.filter((name) => !targetNames().includes(name));
if (unknown.length > 0) {
  console.error(`There is no target ${unknown.join(", ")}; there are: ${targetNames().join(", ")}.`);
  process.exitCode = 1;
} else {
  const seed = Number(values.seed ?? Date.now() % 1_000_000);
  for (const name of names) {
    if (!(await fuzz(name, seed))) process.exitCode = 1;
  }
}
