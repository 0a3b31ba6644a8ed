import { transformFileSync } from "@swc/core";
import { mkdirSync, mkdtempSync, readdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** The root of the package. */
export const home = join(__dirname, "../..");

/**
 * Compiles the source and some files beside it into a new directory: what loads TypeScript itself takes more memory than
 * what is measured in a child process.
 */
export function compileSource(...files: string[]): string {
  const compiled = mkdtempSync(join(tmpdir(), "compiled-source-"));
  const sources = readdirSync(join(home, "src"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => join("src", name));
  for (const source of [...sources, ...files]) {
    const file = join(compiled, source.replace(/ts$/, "js"));
    mkdirSync(dirname(file), { recursive: true });
    const { code } = transformFileSync(join(home, source), {
      jsc: { target: "es2022", parser: { syntax: "typescript" } },
      module: { type: "commonjs" },
    });
    writeFileSync(file, code);
  }
  return compiled;
}
