import { copyFile, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { transform } from "@swc/core";

/** Where the compiled bench goes: where its packages are found, and where no other tool looks. */
export const BUILD = fileURLToPath(new URL("./node_modules/.cache/coatcheck-bench/", import.meta.url));

const SKIPPED = new Set(["node_modules", "results"]);

/**
 * Compiles the bench to plain JavaScript, for its child processes: what is measured runs on Node alone, without a loader
 * that rewrites modules or takes time to start.
 */
export async function compileBench(): Promise<void> {
  const source = fileURLToPath(new URL(".", import.meta.url));
  await rm(BUILD, { recursive: true, force: true });
  await mkdir(BUILD, { recursive: true });
  await copyFile(join(source, "package.json"), join(BUILD, "package.json")); // where the versions of the peers are
  await Promise.all((await sources(source, "")).map((file) => compile(join(source, file), join(BUILD, file))));
}

async function sources(root: string, folder: string): Promise<string[]> {
  const entries = await readdir(join(root, folder), { withFileTypes: true });
  const found = await Promise.all(
    entries.map(async (entry) => {
      if (SKIPPED.has(entry.name)) return [];
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return sources(root, path);
      return path.endsWith(".ts") && !path.endsWith(".d.ts") ? [path] : [];
    }),
  );
  return found.flat();
}

async function compile(from: string, to: string): Promise<void> {
  const { code } = await transform(await readFile(from, "utf8"), {
    filename: from,
    jsc: { target: "es2022", parser: { syntax: "typescript" }, experimental: { keepImportAssertions: true } },
    module: { type: "es6" },
    swcrc: false,
  });
  await mkdir(dirname(to), { recursive: true });
  await writeFile(to.replace(/\.ts$/, ".js"), code);
}
