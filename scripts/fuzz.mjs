// Fuzzes the parsers that meet untrusted bytes: compiles src/ and test/ to .fuzz/, src/ with counters that tell which
// parts an input reaches, and runs test/fuzz/main.ts there.
//
//   npm run fuzz -- --target selector --seconds 60 --seed 1     see docs/testing.md
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import process from "node:process";
import { compile, instrument } from "./fuzz/instrument.mjs";

const OUTPUT = ".fuzz";
const COUNTERS = join(OUTPUT, "test/fuzz/engine/counters.js");
const TOOLS = ["scripts/fuzz/instrument.mjs", "scripts/fuzz.mjs"];

function modified(file) {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? -1;
}

function build(file) {
  const output = join(OUTPUT, file.replace(/\.ts$/, ".js"));
  if (modified(output) > Math.max(modified(file), ...TOOLS.map(modified))) return;
  const text = readFileSync(file, "utf8");
  const isCounted = /^(?:src\/(?!testing\/)|test\/fuzz\/planted\/)/.test(file);
  const module = relative(dirname(output), COUNTERS);
  mkdirSync(dirname(output), { recursive: true });
  writeFileSync(output, isCounted ? instrument(text, file, module) : compile(text, file));
}

for (const room of ["src", "test/fuzz", "test/support"]) {
  const files = readdirSync(room, { recursive: true, encoding: "utf8" });
  for (const file of files) {
    if (file.endsWith(".ts") && !file.endsWith(".test.ts")) build(join(room, file).replaceAll("\\", "/"));
  }
}

const main = ["--enable-source-maps", join(OUTPUT, "test/fuzz/main.js"), ...process.argv.slice(2)];
const { status } = spawnSync(process.execPath, main, { stdio: "inherit" });
process.exitCode = status ?? 1;
