// Measures what a new user waits for: from an empty folder to the first payload that came back.
//
//   npm run build && node scripts/time-first-hydrate.mjs
//
// What npm needs comes from its cache where it is there: the figure is the work of this machine, not of a network.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";

const folder = mkdtempSync(join(tmpdir(), "coatcheck-empty-"));
const packed = execFileSync("npm", ["pack", "--ignore-scripts", "--json", "--pack-destination", tmpdir()]);
const tarball = join(tmpdir(), JSON.parse(packed)[0].filename);
const [, program] = /^## Thirty seconds\n\n```ts\n(.*?)^```$/ms.exec(readFileSync("README.md", "utf8"));

let total = 0;
function step(name, file, args) {
  const begun = performance.now();
  execFileSync(file, args, { cwd: folder, stdio: ["ignore", "ignore", "inherit"] });
  const seconds = (performance.now() - begun) / 1000;
  total += seconds;
  console.log(`${name}: ${seconds.toFixed(1)} s`);
}

try {
  step("npm init", "npm", ["init", "-y"]);
  step("npm install", "npm", ["install", tarball, "--prefer-offline", "--no-audit", "--no-fund"]);
  writeFileSync(join(folder, "first.mjs"), program);
  step("the first program of the README", process.execPath, ["first.mjs"]);
  console.log(`in all: ${total.toFixed(1)} s`);
} finally {
  for (const path of [folder, tarball]) rmSync(path, { recursive: true, force: true });
}
