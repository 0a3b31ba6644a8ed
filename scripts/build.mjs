// Bundles src/ twice, as ESM and as CommonJS, each with its types: docs/decisions/0025-bundled.md. A file of dist/ is
// an entry point or a chunk that entry points share, so a class such as StorageError exists once in each build.
import { rm, writeFile } from "node:fs/promises";
import { rolldown } from "rolldown";
import { rollup } from "rollup";
import { dts } from "rollup-plugin-dts";
import { CHUNKS, chunkProblems } from "./chunks.mjs";
import { ENTRIES, PROGRAMS, fileOf } from "./entries.mjs";
import { thirdPartyNotices } from "./third-party-notices.mjs";

const FORMATS = [
  { format: "esm", code: ".js", types: ".d.ts" },
  { format: "cjs", code: ".cjs", types: ".d.cts" },
];
const input = Object.fromEntries(Object.entries(ENTRIES).map(([entry, file]) => [fileOf(entry), file]));

const programs = Object.fromEntries(
  Object.values(PROGRAMS).map((file) => [file.slice("src/".length, -".ts".length), file]),
);

// Dependencies and optional peers, which users install, and Node's own modules.
const OUTSIDE = [
  /^node:/,
  /^@aws-sdk\//,
  /^@smithy\//,
  /^@azure\//,
  /^@google-cloud\//,
  /^@opentelemetry\//,
  "ioredis",
  "pino",
  "prom-client",
];

// Bases of published classes, and what only their protected methods take: no declaration that a compiler writes for
// users has to name them.
const INHERITED = new Set(["CallDetails", "CallLayer", "CheckedStore", "DriverStore", "INSPECT", "ServiceFailure"]);

await rm("dist", { recursive: true, force: true });
const modules = new Set();
await Promise.all([bundleCode(), bundleTypes()]);
await writeFile("dist/THIRD-PARTY-NOTICES.txt", await thirdPartyNotices(modules));

async function bundleCode() {
  for (const format of FORMATS) await bundleFormat(format);
}

async function bundleFormat({ format, code }) {
  const bundle = await rolldown({
    input: format === "esm" ? { ...input, ...programs } : input,
    preserveEntrySignatures: "allow-extension",
    external: OUTSIDE,
    platform: "node",
    resolve: { extensionAlias: { ".js": [".ts", ".js"] }, mainFields: ["module", "main"] },
    onLog: (level, log) => fail(`${level}: ${log.message}`),
  });
  const { output } = await bundle.write({
    dir: `dist/${format}`,
    format,
    sourcemap: true,
    chunkFileNames: `chunks/[name]${code}`,
    entryFileNames: `[name]${code}`,
    codeSplitting: { groups: CHUNKS, includeDependenciesRecursively: false },
    // A `require`: jest has no `import()` in CommonJS on the Node versions that we support.
    dynamicImportInCjs: false,
  });
  const parts = output.filter((part) => part.type === "chunk");
  for (const part of parts) for (const id of Object.keys(part.modules)) modules.add(id);
  chunkProblems(parts).forEach(fail);
  await bundle.close();
}

async function bundleTypes() {
  const bundle = await rollup({
    input,
    external: (id) => !/^[./]|^src\//.test(id),
    plugins: [dts({ tsconfig: "tsconfig.json" })],
    onwarn: ({ message }) => {
      const [, names] = /references private shared type exports .*: ([\w, ]+)\./.exec(message) ?? [];
      if (names?.split(", ").every((name) => INHERITED.has(name)) !== true) fail(message);
    },
  });
  for (const { format, types } of FORMATS) {
    await bundle.write({
      dir: `dist/${format}`,
      format: "es",
      chunkFileNames: `chunks/[name]${types}`,
      entryFileNames: `[name]${types}`,
    });
  }
  await bundle.close();
}

function fail(message) {
  process.exitCode = 1;
  console.error(message);
}
