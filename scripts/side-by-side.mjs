// Runs npm scripts at the same time, and prints what each says as soon as it has ended. Fails when one of them does.
//
//   node scripts/side-by-side.mjs typecheck lint
import { spawn } from "node:child_process";
import process from "node:process";

for (const name of process.argv.slice(2)) {
  const child = spawn("npm", ["run", name], { stdio: ["ignore", "pipe", "pipe"] });
  const said = [];
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (bytes) => said.push(bytes));
  child.on("close", (status) => {
    process.stdout.write(Buffer.concat(said));
    if (status !== 0) process.exitCode = 1;
  });
}
