// Runs npm scripts at the same time. What the last one says is seen at once, what the others say when they have ended.
// Fails when one of them does.
//
//   node scripts/side-by-side.mjs build check:source
import { spawn } from "node:child_process";
import process from "node:process";

const names = process.argv.slice(2);
for (const name of names) {
  const isLast = name === names.at(-1);
  const child = spawn("npm", ["run", name], {
    stdio: ["ignore", isLast ? "inherit" : "pipe", isLast ? "inherit" : "pipe"],
  });
  const said = [];
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (bytes) => said.push(bytes));
  child.on("close", (status) => {
    process.stdout.write(Buffer.concat(said));
    if (status === 0) return;
    console.error(`npm run ${name} failed.`);
    process.exitCode = 1;
  });
}
