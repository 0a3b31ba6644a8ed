// The installed command, as a shell runs it, where no client of a service is installed. Says nothing where all is well.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { once } from "node:events";

const bin = resolve("node_modules/.bin/coatcheck");
const cwd = mkdtempSync(join(tmpdir(), "coatcheck-installed-"));
const url = `file://${cwd}/payloads`;
const { PATH, HOME } = process.env;
const env = { PATH, HOME };
const coatcheck = (args, input = "") => {
  const { status, stdout, stderr } = spawnSync(bin, args, { cwd, env, input, encoding: "utf8" });
  return { status, stdout, stderr };
};
const payload = JSON.stringify({ id: 1, text: "x".repeat(5000) });

assert.match(coatcheck(["--version"]).stdout, /^\d+\.\d+\.\d+/);
const help = coatcheck(["--help"]);
assert.equal(help.status, 0);
assert(help.stdout.split("\n").length <= 41, "the help has more than 40 lines");

// What is loaded: for the help next to nothing, for a store of files nothing of another service.
const recorder = join(cwd, "recorder.mjs");
const hook = `import { writeSync } from "node:fs"; export const load = (url, context, next) => { writeSync(2, url + "\\n"); return next(url, context); };`;
writeFileSync(
  recorder,
  `import { register } from "node:module"; register("data:text/javascript," + encodeURIComponent(${JSON.stringify(hook)}));`,
);
const loadedBy = (...args) => {
  const { status, stderr } = spawnSync(process.execPath, ["--import", recorder, bin, ...args], {
    cwd,
    env,
    encoding: "utf8",
  });
  assert.equal(status, 0, stderr);
  const files = stderr.split("\n").filter((line) => line.startsWith("file:"));
  assert.deepEqual(
    files.filter((file) => !/node_modules\/coatcheck\/dist\//.test(file)),
    [],
  );
  return files.map((file) => file.slice(file.lastIndexOf("/") + 1));
};
writeFileSync(join(cwd, "payload.json"), payload);
assert(loadedBy("--help").length <= 6);
for (const args of [["ls"], ["explain", "payload.json"], ["iam", "--provider", "s3"]]) {
  const others = loadedBy("--store", url, ...args).filter((file) => /s3|redis|gcs|azure|inspector/.test(file));
  assert.deepEqual(others, []);
}

const message = coatcheck(["--store", url, "dehydrate", "--scope", "run-1"], payload);
assert.deepEqual([message.status, message.stderr], [0, ""]);
assert.equal(coatcheck(["--store", url, "hydrate"], message.stdout).stdout, `${payload}\n`);
assert.equal(coatcheck(["--store", url, "release", "run-1"]).status, 5);
assert.equal(coatcheck(["--store", url, "cat", "outputs/none"]).status, 10);

// Configuration files of both module formats; with one, objects are encrypted again.
const options = (active) =>
  `codecs: [aes256gcm({ keys: { a: Buffer.alloc(32, 1), b: Buffer.alloc(32, 2) }, activeKeyId: "${active}" })]`;
const sealed = `${cwd}/sealed`;
writeFileSync(
  join(cwd, "a.mjs"),
  `import { aes256gcm, FileStore } from "coatcheck"; export default { store: new FileStore({ root: "${sealed}" }), ${options("a")} };`,
);
writeFileSync(
  join(cwd, "b.cjs"),
  `const { aes256gcm, FileStore, StorageManager } = require("coatcheck"); module.exports = () => new StorageManager({ store: new FileStore({ root: "${sealed}" }), ${options("b")} });`,
);
// As in a project, the package is found from there.
spawnSync("ln", ["-s", resolve("node_modules"), join(cwd, "node_modules")]);
const secret = coatcheck(["--config", "a.mjs", "dehydrate"], payload);
assert.deepEqual([secret.status, secret.stderr], [0, ""]);
const planned = coatcheck(["--config", "b.cjs", "reencrypt", "--dry-run", "--json"]);
assert.equal(JSON.parse(planned.stdout).reencrypted, 1);
assert.equal(JSON.parse(coatcheck(["--config", "b.cjs", "reencrypt", "--yes", "--json"]).stdout).reencrypted, 1);
assert.equal(JSON.parse(coatcheck(["--config", "b.cjs", "reencrypt", "--dry-run", "--json"]).stdout).current, 1);
assert.equal(coatcheck(["--config", "b.cjs", "hydrate"], secret.stdout).stdout, `${payload}\n`);

// A reader that has seen enough; Ctrl-C.
for (let scope = 0; scope < 5; scope++)
  coatcheck(["--store", url, "cp", "outputs/run-1/", `outputs/c-${scope}/`, "--yes"]);
const head = spawnSync("sh", ["-c", `'${bin}' --store '${url}' ls | head -n 1; true`], { cwd, env, encoding: "utf8" });
assert.deepEqual([head.stdout.trim().split("\n").length, head.stderr], [1, ""]);
for (const args of ["--help", "completion bash"]) {
  const cut = spawnSync("sh", ["-c", `'${bin}' ${args} | true`], { cwd, env, encoding: "utf8" });
  assert.deepEqual([args, cut.stderr], [args, ""]);
}
if (existsSync("/dev/full")) {
  const full = spawnSync("sh", ["-c", `'${bin}' --store '${url}' ls > /dev/full`], { cwd, env, encoding: "utf8" });
  assert.deepEqual([full.status, full.stderr], [1, "coatcheck: the results can't be written: ENOSPC\n"]);
}
writeFileSync(
  join(cwd, "open.mjs"),
  `import { MemoryStore } from "coatcheck"; setInterval(() => {}, 1000); export default { store: new MemoryStore() };`,
);
const open = spawnSync(bin, ["--config", "open.mjs", "ls", "--json"], { cwd, env, encoding: "utf8", timeout: 20_000 });
assert.deepEqual([open.status, open.stdout], [0, '{"v":1,"objects":[]}\n']);
const waiting = spawn(bin, ["--store", url, "hydrate"], { cwd, env, stdio: ["pipe", "pipe", "pipe"] });
let said = "";
waiting.stderr.on("data", (chunk) => (said += chunk));
waiting.stdin.write("{");
setTimeout(() => waiting.kill("SIGINT"), 1500);
const [code] = await once(waiting, "exit");
assert.deepEqual([code, said], [130, "coatcheck: interrupted\n"]);

// A pseudo-terminal: titles, and a question that is answered by no.
if (spawnSync("script", ["--version"]).status === 0) {
  const typed = (line, keys) =>
    spawnSync("script", ["-qec", line, "/dev/null"], {
      cwd,
      env: { ...env, TERM: "xterm" },
      input: keys,
      encoding: "utf8",
    });
  assert.match(typed(`'${bin}' --store '${url}' ls`, "").stdout, /SIZE +MODIFIED/);
  const asked = typed(`'${bin}' --store '${url}' release run-1`, "n\n");
  assert.match(asked.stdout, /Delete all objects of the scope "run-1"\? \[y\/N\]/);
  assert.equal(asked.status, 5);
}
assert(readdirSync(join(cwd, "payloads")).length > 0);
