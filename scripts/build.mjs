// Compiles src/ twice, as ESM and as CommonJS, each with its types. No bundler: a class such as StorageError must
// exist once however many entry points a program imports, and stack traces should name the files of src/.
import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";

rmSync("dist", { recursive: true, force: true });
for (const [format, type] of [
  ["esm", "module"],
  ["cjs", "commonjs"],
]) {
  mkdirSync(`dist/${format}`, { recursive: true });
  writeFileSync(`dist/${format}/package.json`, `{ "type": "${type}", "sideEffects": false }\n`);
  const { status } = spawnSync(process.execPath, ["node_modules/typescript/bin/tsc", "-p", `tsconfig/${format}.json`], {
    stdio: "inherit",
  });
  if (status !== 0) process.exit(status ?? 1);
}
