import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { runProgram } from "../examples/run-program.js";

// Every block of TypeScript in these documents is a program of its own: it is type-checked as a user's file would be, and
// run. What it promises, it asserts itself.
const DOCUMENTS = ["README.md", "docs/watching.md"];
const DIRECTORY = "reports/readme";
const run = promisify(execFile);

const blocks = DOCUMENTS.flatMap((document) => {
  const text = readFileSync(document, "utf8");
  return [...text.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code], index) => ({
    document,
    line: text.slice(0, text.indexOf(code!)).split("\n").length,
    file: join(DIRECTORY, `${basename(document, ".md")}-${index + 1}.ts`),
    code: code!,
  }));
});

jest.setTimeout(60_000);

beforeAll(() => {
  rmSync(DIRECTORY, { recursive: true, force: true });
  mkdirSync(DIRECTORY, { recursive: true });
  writeFileSync(join(DIRECTORY, "tsconfig.json"), '{ "extends": "../../tsconfig.json", "include": ["*.ts"] }\n');
  for (const { file, code } of blocks) writeFileSync(file, code);
});

it("finds the blocks", () => {
  for (const document of DOCUMENTS) {
    expect(blocks.filter((block) => block.document === document).length).toBeGreaterThan(3);
  }
});

it("has types that are right in every block", async () => {
  const check = run(process.execPath, ["node_modules/typescript/bin/tsc", "-p", DIRECTORY]).catch(
    (error: unknown) => error,
  );
  expect(await check).toMatchObject({ stdout: "" });
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

  it.each(blocks)("runs the block of $document at line $line", ({ file, code }) => {
    expect(code).toContain("assert");
    expect(failures[`./${basename(file)}`]).toBeUndefined();
  });
});
