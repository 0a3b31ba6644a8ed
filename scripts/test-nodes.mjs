// Runs the tests of the packed package, and those of the rooms that depend most on the engine, on each version of Node
// that users have besides the oldest, which all the other tests run on. Needs `npm run build`.
//
//   node scripts/test-nodes.mjs [versions]     npm run test:nodes -- 24
//
// npm has Node itself, as packages named for the platform. What can't run on a version is said, and why.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { nodeOf } from "./node-of.mjs";

const VERSIONS = ["22", "24", "26"];
const ROOMS = [
  "json",
  "paths",
  "bytes",
  "async",
  "object",
  "schemas",
  "codecs",
  "reference",
  "plan/layouts",
  "access",
  "resolvers",
];

/** By version: tests by their whole name, and why they can't run there. All can run on all of these now. */
const IMPOSSIBLE = {};

async function jest(node, ...args) {
  const begun = performance.now();
  const child = spawn(node, ["node_modules/jest/bin/jest.js", ...args, "--silent", "--reporters=summary"], {
    stdio: "inherit",
    // The deprecated parts of Node that our tools use say nothing of us.
    env: { ...process.env, NODE_OPTIONS: "--no-deprecation" },
  });
  const [status] = await once(child, "close");
  if (status !== 0) process.exitCode = 1;
  return `${((performance.now() - begun) / 1000).toFixed(0)} s`;
}

/** A pattern of names that leaves these out. */
function allBut(names) {
  const escaped = names.map((name) => name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return escaped.length === 0 ? [] : ["--testNamePattern", `^(?!(${escaped.join("|")})$)`];
}

// What keeps test/engines/ from the Node that all the other tests run on.
const ENGINES =
  "test/engines/ runs here and not with the other tests: AWS's durable SDK, middy and aws-local-stepfunctions need Node 22";

const asked = process.argv.slice(2);
for (const version of asked.length > 0 ? asked : VERSIONS) {
  const node = nodeOf(version);
  const { stdout } = spawnSync(node, ["--version"], { encoding: "utf8" });
  const impossible = Object.entries(IMPOSSIBLE[version] ?? {});
  if (impossible.length === 0) console.log(`Node ${stdout.trim()}: none of the tests is left out.`);
  for (const [name, why] of impossible) console.log(`Node ${stdout.trim()} can't run "${name}": ${why}.`);
  const rooms = await jest(node, ...ROOMS.map((room) => `test/${room}/`), ...allBut(impossible.map(([name]) => name)));
  const config = ["--config", "test/package/jest.config.js"];
  console.log(`Node ${stdout.trim()}: ${ENGINES}.`);
  // One alone would leave a core idle.
  const [packed, engines] = await Promise.all([
    jest(node, ...config, "--testNamePattern", "^the packed package "),
    jest(node, "--config", "test/engines/jest.config.js"),
  ]);
  console.log(`Node ${stdout.trim()}: the engines took ${engines}.`);
  console.log(`Node ${stdout.trim()}: the rooms took ${rooms}, the packed package ${packed}.`);
}
