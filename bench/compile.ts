import { copyFile, mkdir, mkdtemp, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { transform } from "@swc/core";

// Where the packages of the bench are found, and where no other tool looks.
const CACHE = fileURLToPath(new URL("./node_modules/.cache/coatcheck-bench/", import.meta.url));

const SKIPPED = new Set(["node_modules", "results"]);

/**
 * Compiles the bench to plain JavaScript, for its child processes: what is measured runs on Node alone, without a loader
 * that rewrites modules or takes time to start.
 *
 * @returns a folder of this run alone; whoever asked for it removes it
 */
export async function compileBench(): Promise<string> {
  const source = fileURLToPath(new URL(".", import.meta.url));
  await mkdir(CACHE, { recursive: true });
  const build = await mkdtemp(join(CACHE, "run-"));
  await copyFile(join(source, "package.json"), join(build, "package.json")); // where the versions of the peers are
  await Promise.all((await sources(source, "")).map((file) => compile(join(source, file), join(build, file))));
  return build;
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
