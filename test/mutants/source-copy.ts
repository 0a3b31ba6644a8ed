import { rmSync } from "node:fs";
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { mutated, type Mutant } from "./mutant.js";

/** What tests and cases need. Documents and examples are checked by tests that no mutant is for. */
export const COPIED = ["src", "test", "scripts", "bench/measure", "package.json", "tsconfig.json", "jest.config.js"];

/** A copy of the source, in which one mutant after the other stands. */
export class SourceCopy {
  private readonly removeAtOnce = (): void => rmSync(this.directory, { recursive: true, force: true });

  private constructor(readonly directory: string) {
    process.once("exit", this.removeAtOnce);
  }

  static async make(): Promise<SourceCopy> {
    const copy = new SourceCopy(await mkdtemp(join(tmpdir(), "coatcheck-mutants-")));
    for (const path of COPIED) await cp(path, join(copy.directory, path), { recursive: true });
    await symlink(resolve("node_modules"), join(copy.directory, "node_modules"));
    return copy;
  }

  /** Runs something while a mutant stands in the source. @throws {Error} for a mutant that is stale */
  async with<T>(mutant: Mutant, run: () => Promise<T>): Promise<T> {
    const file = join(this.directory, "src", mutant.file);
    const source = await readFile(file, "utf8");
    await writeFile(file, mutated(source, mutant));
    try {
      return await run();
    } finally {
      await writeFile(file, source);
    }
  }

  /** The environment of what runs in the copy: its temporary files are in a new directory, which goes with the next. */
  async environment(): Promise<NodeJS.ProcessEnv> {
    const temporary = join(this.directory, "tmp");
    await rm(temporary, { recursive: true, force: true });
    await mkdir(temporary);
    return { ...process.env, TMPDIR: temporary };
  }

  async remove(): Promise<void> {
    process.off("exit", this.removeAtOnce);
    await rm(this.directory, { recursive: true, force: true });
  }
}
