// Runs a program on another version of Node, which npm has as a package.
//
//   node scripts/on-node.mjs 22 --import tsx program.ts
import { spawnSync } from "node:child_process";
import process from "node:process";
import { nodeOf } from "./node-of.mjs";

const [version, ...args] = process.argv.slice(2);
const { status } = spawnSync(nodeOf(version), args, { stdio: "inherit" });
process.exitCode = status ?? 1;
