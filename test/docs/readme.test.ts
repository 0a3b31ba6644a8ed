import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { runProgram } from "../examples/run-program.js";

// Every block of TypeScript in README.md is a program of its own: it is type-checked as a user's file would be, and
// run. What it promises, it asserts itself. Those of docs/messages/ that need a broker are type-checked.
const DIRECTORY = "reports/readme";
const run = promisify(execFile);

const BOOK =
  "deciding scopes streams reading stores options schemas kubernetes security wire-format errors watching retention stores/own stores/s3 stores/file stores/memory sizes workflows moving-from-peers inspector";
const MESSAGES = ["README", "formats"].map((name) => `docs/messages/${name}.md`);
const WORKFLOWS = ["README", "lambda", "others"].map((name) => `docs/workflows/${name}.md`);
const RUN = ["README.md", ...MESSAGES, ...WORKFLOWS, ...BOOK.split(" ").map((name) => `docs/${name}.md`)];
const GUIDES = ["docs/moving.md", "docs/testing.md"];
const BROKERS = "sqs sns kafka amqp bullmq nats mqtt eventbridge cloudevents pubsub kinesis servicebus";
const ENGINES = "temporal inngest dbos jobs";
const CHECKED = [
  ...BROKERS.split(" ").map((name) => `docs/messages/${name}.md`),
  ...ENGINES.split(" ").map((name) => `docs/workflows/${name}.md`),
  "docs/workflows/durable.md", // which runs in test/engines, on a later Node
];

function blocksOf(document: string) {
  const text = readFileSync(document, "utf8");
  const name = document.replace(/\W/g, "-");
  return [...text.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code], index) => ({
    place: `${document}:${text.slice(0, text.indexOf(code!)).split("\n").length}`,
    file: join(DIRECTORY, `${name}-${index + 1}.ts`),
    code: code!,
  }));
}

// Of these, each block that asserts something.
const guides = GUIDES.map((guide) => blocksOf(guide).filter(({ code }) => code.includes("node:assert")));
const blocks = [...RUN.flatMap(blocksOf), ...guides.flat()];
const checked = CHECKED.flatMap(blocksOf);

jest.setTimeout(60_000);

beforeAll(() => {
  rmSync(DIRECTORY, { recursive: true, force: true });
  mkdirSync(DIRECTORY, { recursive: true });
  writeFileSync(join(DIRECTORY, "tsconfig.json"), '{ "extends": "../../tsconfig.json", "include": ["*.ts"] }\n');
  for (const { file, code } of [...blocks, ...checked]) writeFileSync(file, code);
});

it("finds the blocks", () => {
  expect(blocks.length).toBeGreaterThan(3);
  for (const found of guides) expect(found.length).toBeGreaterThan(0);
  expect(checked).toHaveLength(CHECKED.length);
});

// The blocks only: `npm run typecheck` has the source that they import. Not in this process: jest makes the compiler slow.
const CHECK_TYPES = `
import ts from "typescript";
const { fileNames, options, errors } = ts.getParsedCommandLineOfConfigFile("${DIRECTORY}/tsconfig.json", {}, ts.sys);
const program = ts.createProgram({ rootNames: fileNames, options, configFileParsingDiagnostics: errors });
const problems = fileNames.flatMap((name) => ts.getPreEmitDiagnostics(program, program.getSourceFile(name)));
for (const { file, messageText } of problems) {
  console.log(file?.fileName, ts.flattenDiagnosticMessageText(messageText, " "));
}
console.log(fileNames.length);
`;

it("has types that are right in every block", async () => {
  const { stdout } = await run(process.execPath, ["--input-type=module", "--eval", CHECK_TYPES]);
  expect(stdout).toBe(`${blocks.length + checked.length}\n`);
});

// In one process, one after the other: most of the time of a block is that of loading the package.
const RUN_ALL = `
const failures = {};
for (const file of ${JSON.stringify(blocks.map(({ file }) => `./${basename(file)}`))}) {
  try {
    await import(file);
  } catch (error) {
    failures[file] = String(error?.stack ?? error);
  }
}
process.stdout.write("\\n" + JSON.stringify(failures));
`;

describe("as programs", () => {
  let failures: Record<string, string>;

  beforeAll(async () => {
    const driver = join(DIRECTORY, "run-all.mjs");
    writeFileSync(driver, RUN_ALL);
    const printed = await runProgram([driver]);
    failures = JSON.parse(printed.slice(printed.lastIndexOf("\n"))) as Record<string, string>;
  });

  it.each(blocks)("runs the block at $place", ({ file, code }) => {
    expect(code).toContain("assert");
    expect(failures[`./${basename(file)}`]).toBeUndefined();
  });
});
