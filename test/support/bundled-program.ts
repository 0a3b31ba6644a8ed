import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildSync } from "esbuild";

/** A program of TypeScript in one file of JavaScript, which starts in no time, and takes no memory for its compiler. */
export class BundledProgram {
  private readonly directory = mkdtempSync(join(tmpdir(), "program-"));
  readonly file = join(this.directory, "program.cjs");

  /** @param entry path of the program, from the root of the package */
  constructor(entry: string) {
    buildSync({
      entryPoints: [entry],
      outfile: this.file,
      ...{ bundle: true, platform: "node", format: "cjs", target: "node20", logLevel: "error" },
    });
  }

  remove(): void {
    rmSync(this.directory, { recursive: true });
  }
}
