// node bundle.mjs <bundler> <program> <folder>: bundles a program for Node as the bundler's users do, with everything
// inside. Prints the warnings and the file that is to be run. A process of its own: jest can't load bundlers that are
// ECMAScript modules only.
import { join } from "node:path";
import commonjs from "@rollup/plugin-commonjs";
import json from "@rollup/plugin-json";
import nodeResolve from "@rollup/plugin-node-resolve";
import * as esbuild from "esbuild";
import { rollup } from "rollup";
import { build as vite } from "vite";
import webpack from "webpack";

const [bundler, program, folder] = process.argv.slice(2);
const BUNDLERS = { esbuild: byEsbuild, webpack: byWebpack, rollup: byRollup, vite: byVite };
console.log(JSON.stringify(await BUNDLERS[bundler]()));

async function byEsbuild() {
  const file = join(folder, "program.cjs");
  const { warnings } = await esbuild.build({
    entryPoints: [program],
    outfile: file,
    bundle: true,
    minify: true,
    platform: "node",
    logLevel: "silent",
  });
  return { file, warnings: warnings.map(({ text, location }) => `${location?.file}: ${text}`) };
}

async function byWebpack() {
  const compiler = webpack({
    mode: "production",
    target: "node",
    entry: program,
    output: { path: folder, filename: "program.cjs" },
    performance: false,
    // Half a minute for the AWS SDK, and nothing of ours.
    optimization: { minimize: false },
  });
  const stats = await new Promise((resolve, reject) => {
    compiler.run((error, result) => (error === null ? resolve(result) : reject(error)));
  });
  const { warnings, errors } = stats.toJson({ all: false, warnings: true, errors: true });
  const problems = [...errors, ...warnings].map(({ moduleName, message }) => `${moduleName}: ${message}`);
  return { file: join(folder, "program.cjs"), warnings: problems };
}

async function byRollup() {
  const warnings = [];
  const bundle = await rollup({
    input: program,
    plugins: [nodeResolve({ preferBuiltins: true, exportConditions: ["node"] }), commonjs(), json()],
    onwarn: ({ id, message }) => warnings.push(`${id}: ${message}`),
  });
  await bundle.write({ dir: folder, format: "es", entryFileNames: "program.mjs", inlineDynamicImports: true });
  return { file: join(folder, "program.mjs"), warnings };
}

async function byVite() {
  const warnings = [];
  await vite({
    configFile: false,
    logLevel: "silent",
    customLogger: silentLogger((message) => warnings.push(message)),
    build: {
      ssr: program,
      outDir: folder,
      emptyOutDir: true,
      rollupOptions: { output: { entryFileNames: "program.mjs" } },
    },
    ssr: { noExternal: true },
  });
  return { file: join(folder, "program.mjs"), warnings };
}

function silentLogger(warn) {
  const nothing = () => undefined;
  return { info: nothing, warn, warnOnce: warn, error: warn, clearScreen: nothing, hasErrorLogged: () => false };
}
