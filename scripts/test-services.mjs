// Runs the tests that need real servers: installs and starts them, runs jest, stops them.
//
//   node scripts/test-services.mjs [jest arguments]
//
// A service is a script in scripts/services/ that knows `install`, `start` and `stop`, all idempotent. What `start`
// prints as NAME=VALUE lines, the tests find in their environment. A service that can't be had fails the run: nothing
// is skipped. SERVICES="ceph" names the ones to start, KEEP_SERVICES=1 leaves them running.
//
// Without either, everything runs, in two rows at the same time. One installs the servers and runs the tests against them,
// and waits most of the time. The other is what needs a core: the site, built and then read; chaos cases; fuzzing; a sample
// of the mutants; 2,000 schedules of messages (MESSAGE_SCHEDULES).
import { spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";

const SERVERS = ["ceph", "redis", "azurite", "gcs", "rabbitmq", "nats", "kafka", "mosquitto", "postgres", "chromium"];
const SERVICES = [...SERVERS, "site"];
const JEST = ["node_modules/jest/bin/jest.js", "--config", "jest.services.config.js"];
const SITE_TEST = "test/services/site.test.ts";

class Failure extends Error {}

/** Runs a program; returns what it wrote to stdout. What it says besides is seen once it has ended, in one piece. */
async function run(program, args, variables = {}) {
  const env = { ...process.env, ...variables };
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], env });
  const [out, said] = [[], []];
  child.stdout.on("data", (bytes) => out.push(bytes));
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (bytes) => said.push(bytes));
  const [status] = await once(child, "close");
  process.stderr.write(Buffer.concat(said));
  if (status !== 0) throw new Failure(`${program} ${args.join(" ")} failed`);
  return Buffer.concat(out).toString();
}

async function service(name, command) {
  const begun = performance.now();
  const output = await run(`scripts/services/${name}.sh`, [command]);
  console.error(`${name} ${command}: ${((performance.now() - begun) / 1000).toFixed(1)} s`);
  return output;
}

/** Installs services one after the other, as package managers want it, and starts them together. */
async function start(names) {
  for (const name of names) await service(name, "install");
  const outputs = await Promise.all(names.map((name) => service(name, "start")));
  const lines = outputs.join("\n").split("\n");
  const variables = lines.filter((line) => /^[A-Z][A-Z0-9_]*=/.test(line));
  return Object.fromEntries(
    variables.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
  );
}

/** Runs tests whose lines are seen as they come. */
async function jest(environment, ...args) {
  const child = spawn(process.execPath, [...JEST, ...args], {
    stdio: "inherit",
    env: { ...process.env, ...environment },
  });
  const [status] = await once(child, "close");
  if (status !== 0) throw new Failure("tests failed");
}

/** Runs npm scripts one after the other, each whatever became of those before. */
async function scripts(...rows) {
  const variables = { MESSAGE_SCHEDULES: process.env.MESSAGE_SCHEDULES ?? "2000" };
  for (const args of rows) await run("npm", ["run", ...args], variables).catch(fail);
}

function fail(error) {
  if (!(error instanceof Failure)) throw error;
  console.error(`test-services: ${error.message}`);
  process.exitCode = 1;
}

async function everything() {
  const servers = start(SERVERS);
  const readSite = async () => {
    const site = await start(["site"]); // meanwhile, the servers are installed
    await run(process.execPath, [...JEST, SITE_TEST], { ...(await servers), ...site });
  };
  const askServers = async () => jest(await servers, "--testPathIgnorePatterns", SITE_TEST);
  const others = () =>
    scripts(
      ["test:chaos", "--", "--seconds", "60"],
      ["test:fuzz"],
      ["test:mutants", "--", "--sample", "12"],
      ["test:unit", "--", "settle-schedules", "--testTimeout", "900000"],
    );
  await Promise.all([askServers().catch(fail), readSite().catch(fail).then(others)]);
}

const asked = process.env.SERVICES?.split(/[\s,]+/).filter(Boolean);
const args = process.argv.slice(2);
const names = asked ?? SERVICES;
const unknown = names.filter((name) => !SERVICES.includes(name));
try {
  if (unknown.length > 0) throw new Failure(`no such service: ${unknown.join(", ")}`);
  if (asked === undefined && args.length === 0) await everything();
  else await jest(await start(names), ...args);
} catch (error) {
  fail(error);
} finally {
  if (!process.env.KEEP_SERVICES && unknown.length === 0)
    for (const name of names) await service(name, "stop").catch(fail);
}
