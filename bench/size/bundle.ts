import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { ROOT } from "../root.js";

/** What a program adds to itself that bundles one entry point of ours. Clients of services are not in it. */
export interface Bundle {
  readonly name: string;
  /** Bytes, minified. */
  readonly minified: number;
  /** Bytes, minified, and compressed by gzip. */
  readonly gzip: number;
  /** Minified bytes by package, the largest first. */
  readonly packages: readonly { readonly name: string; readonly bytes: number }[];
}

/** What is used here of esbuild, which is a package of the bench alone. */
interface Esbuild {
  build(options: object): Promise<{
    readonly outputFiles: readonly { readonly contents: Uint8Array }[];
    readonly metafile: {
      readonly outputs: Record<string, { readonly inputs: Record<string, { bytesInOutput: number }> }>;
    };
  }>;
}

const CLIENTS = ["@aws-sdk/*", "@smithy/*", "@azure/*", "@google-cloud/*", "ioredis"];

const PROGRAMS: readonly { name: string; code: string }[] = [
  { name: "coatcheck, everything it exports", code: 'export * from "./dist/esm/index.js";' },
  {
    name: "StorageManager and MemoryStore",
    code: 'export { StorageManager, MemoryStore } from "./dist/esm/index.js";',
  },
  { name: "coatcheck/s3", code: 'export * from "./dist/esm/s3.js";' },
];

/** @returns undefined where esbuild is not installed: `npm ci --prefix bench` */
export async function measureBundles(): Promise<Bundle[] | undefined> {
  const require = createRequire(join(ROOT, "bench", "package.json"));
  if (!existsSync(join(ROOT, "bench", "node_modules", "esbuild"))) return undefined;
  const esbuild = require("esbuild") as Esbuild;
  return Promise.all(PROGRAMS.map(({ name, code }) => bundle(esbuild, name, code)));
}

async function bundle(esbuild: Esbuild, name: string, code: string): Promise<Bundle> {
  const { outputFiles, metafile } = await esbuild.build({
    stdin: { contents: code, resolveDir: ROOT },
    absWorkingDir: ROOT,
    bundle: true,
    minify: true,
    format: "esm",
    platform: "node",
    target: "node20",
    external: CLIENTS,
    metafile: true,
    write: false,
    logLevel: "error",
  });
  const bytes = new Map<string, number>();
  for (const [file, { bytesInOutput }] of Object.entries(Object.values(metafile.outputs)[0]!.inputs)) {
    const owner = packageOf(file);
    bytes.set(owner, (bytes.get(owner) ?? 0) + bytesInOutput);
  }
  const packages = [...bytes].map(([owner, size]) => ({ name: owner, bytes: size }));
  const { contents } = outputFiles[0]!;
  return {
    name,
    minified: contents.byteLength,
    gzip: gzipSync(contents, { level: 9 }).byteLength,
    packages: packages.filter((one) => one.bytes > 0).sort((a, b) => b.bytes - a.bytes),
  };
}

function packageOf(file: string): string {
  return /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? "coatcheck";
}
