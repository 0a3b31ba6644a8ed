// Runs the tests that need real servers: installs and starts them, runs jest, stops them.
//
//   node scripts/test-services.mjs [jest arguments]
//
// A service is a script in scripts/services/ that knows `install`, `start` and `stop`, all idempotent. What `start`
// prints as NAME=VALUE lines, the tests find in their environment. A service that can't be had fails the run: nothing
// is skipped. SERVICES="ceph" names the ones to start, KEEP_SERVICES=1 leaves them running. When all of them run, and all
// tests, chaos cases, fuzzing, a sample of the mutants and 2,000 schedules of messages (MESSAGE_SCHEDULES) follow: they need none of the services, but
// take as long.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import process from "node:process";

const SERVICES = ["ceph", "redis", "azurite", "gcs", "rabbitmq", "nats", "kafka", "mosquitto", "postgres", "site"];

function fail(message) {
  console.error(`test-services: ${message}`);
  process.exitCode = 1;
}

/** Runs a service's script; returns what it printed, or undefined if it failed. */
function service(name, command) {
  const begun = performance.now();
  const { status, stdout } = spawnSync(`scripts/services/${name}.sh`, [command], {
    stdio: ["ignore", "pipe", "inherit"],
    encoding: "utf8",
  });
  if (status !== 0) return undefined;
  console.error(`${name} ${command}: ${((performance.now() - begun) / 1000).toFixed(1)} s`);
  return stdout;
}

function environmentOf(output) {
  const lines = output.split("\n").filter((line) => /^[A-Z][A-Z0-9_]*=/.test(line));
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]));
}

function start(names) {
  let environment = {};
  for (const name of names) {
    if (service(name, "install") === undefined) return fail(`${name} can't be installed`);
    const output = service(name, "start");
    if (output === undefined) return fail(`${name} can't be started`);
    environment = { ...environment, ...environmentOf(output) };
  }
  return environment;
}

function test(environment) {
  const args = ["node_modules/jest/bin/jest.js", "--config", "jest.services.config.js", ...process.argv.slice(2)];
  const { status } = spawnSync(process.execPath, args, { stdio: "inherit", env: { ...process.env, ...environment } });
  process.exitCode = status ?? 1;
}

/** Runs npm scripts one after the other. What they say is seen when each has ended, so that two rows don't mix. */
async function run(...scripts) {
  const env = { ...process.env, MESSAGE_SCHEDULES: process.env.MESSAGE_SCHEDULES ?? "2000" };
  for (const args of scripts) {
    const child = spawn("npm", ["run", ...args], { stdio: ["ignore", "pipe", "pipe"], env });
    const said = [];
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (bytes) => said.push(bytes));
    const [status] = await once(child, "close");
    process.stdout.write(Buffer.concat(said));
    if (status !== 0) process.exitCode = status ?? 1;
  }
}

const names = process.env.SERVICES?.split(/[\s,]+/).filter(Boolean) ?? SERVICES;
const unknown = names.filter((name) => !SERVICES.includes(name));
if (unknown.length > 0) {
  fail(`no such service: ${unknown.join(", ")}`);
} else {
  try {
    const environment = start(names);
    if (environment !== undefined) test(environment);
  } finally {
    if (!process.env.KEEP_SERVICES) for (const name of names) service(name, "stop");
  }
  if (process.env.SERVICES === undefined && process.argv.length === 2) {
    // Each takes a core.
    await Promise.all([
      run(["test:chaos", "--", "--seconds", "60"], ["test:unit", "--", "settle-schedules", "--testTimeout", "900000"]),
      run(["test:fuzz"], ["test:mutants", "--", "--sample", "12"]),
    ]);
  }
}
