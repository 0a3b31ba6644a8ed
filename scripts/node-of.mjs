import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";

/** The program of a version. It is installed once, below node_modules. */
export function nodeOf(version) {
  const name = `node-${process.platform}-${process.arch}`;
  const folder = join("node_modules/.cache/nodes", version);
  const program = join(folder, "node_modules", name, "bin/node");
  if (existsSync(program)) return program;
  mkdirSync(folder, { recursive: true });
  const args = ["install", "--prefix", folder, "--no-save", "--no-audit", "--no-fund", `${name}@${version}`];
  const { status } = spawnSync("npm", args, { stdio: ["ignore", "ignore", "inherit"] });
  if (status !== 0 || !existsSync(program)) throw new Error(`npm has no ${name}@${version}.`);
  return program;
}
