// Compiles src/ twice, as ESM and as CommonJS, each with its types. No bundler: a class such as StorageError must
// exist once however many entry points a program imports. One file of src/ is one file of dist/esm/ and dist/cjs/,
// comments included, so stack traces are readable without source maps.
import { spawn } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";

rmSync("dist", { recursive: true, force: true });
const exitCodes = await Promise.all([compile("esm", "module"), compile("cjs", "commonjs")]);
process.exitCode = exitCodes.find((code) => code !== 0) ?? 0;

function compile(format, type) {
  mkdirSync(`dist/${format}`, { recursive: true });
  // Node decides by the nearest package.json which of the two module systems a .js file is written for.
  writeFileSync(`dist/${format}/package.json`, `{ "type": "${type}", "sideEffects": false }\n`);
  const compiler = spawn(process.execPath, ["node_modules/typescript/bin/tsc", "-p", `tsconfig/${format}.json`], {
    stdio: "inherit",
  });
  return new Promise((resolve) => compiler.once("exit", (code) => resolve(code ?? 1)));
}
