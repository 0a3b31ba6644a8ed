import { execFile } from "node:child_process";
import { copyFile, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { pack } from "./tarball.js";

const run = promisify(execFile);
const installed = join(process.cwd(), "node_modules");
const programs = join(process.cwd(), "test/first-hour");

/** A project beside the checkout that has the packed package, and all that the checkout has installed. */
export class ProjectWithPeers {
  private constructor(private readonly directory: string) {}

  static async create(): Promise<ProjectWithPeers> {
    const directory = await mkdtemp(join(tmpdir(), "coatcheck-first-hour-"));
    const modules = join(directory, "node_modules");
    const own = join(modules, "coatcheck");
    await mkdir(own, { recursive: true });
    const { filename } = await pack(directory);
    await run("tar", ["-xzf", filename, "-C", own, "--strip-components=1"], { cwd: directory });
    for (const name of await readdir(installed)) {
      if (!name.startsWith(".")) await symlink(join(installed, name), join(modules, name), "junction");
    }
    await writeFile(join(directory, "package.json"), JSON.stringify({ name: "first-hour", type: "module" }));
    return new ProjectWithPeers(directory);
  }

  /** Runs a program of test/first-hour/. What it asserts, it asserts itself: a failure rejects, with its output. */
  async run(program: string, environment: Record<string, string> = {}): Promise<void> {
    await this.node(["--import", "tsx", await this.take(program)], environment);
  }

  /** Runs tests of test/first-hour/, and gives what the runner printed. */
  async test(runner: "jest" | "vitest", program: string): Promise<string> {
    const file = await this.take(program, program.replace(/\.\w+$/, ".test$&"));
    if (runner === "jest") return this.node([join(installed, "jest/bin/jest.js"), "--testMatch", `**/${file}`]);
    return this.node([join(installed, "vitest/vitest.mjs"), "run", file]);
  }

  /** Checks the types of a program, and of all libraries that it imports; gives what is wrong. */
  async typecheck(program: string): Promise<string> {
    const file = await this.take(program);
    const compilerOptions = { module: "nodenext", target: "es2022", strict: true, noEmit: true, types: ["node"] };
    const tsconfig = join(this.directory, "types.json");
    await writeFile(tsconfig, JSON.stringify({ compilerOptions, files: [file] }));
    return this.node([join(installed, "typescript/bin/tsc"), "-p", tsconfig]);
  }

  async remove(): Promise<void> {
    await rm(this.directory, { recursive: true, force: true });
  }

  private async take(program: string, name = program): Promise<string> {
    await copyFile(join(programs, program), join(this.directory, name));
    return name;
  }

  private async node(args: string[], environment: Record<string, string> = {}): Promise<string> {
    const env: NodeJS.ProcessEnv = { ...process.env, NO_COLOR: "1", ...environment };
    delete env["NODE_ENV"]; // set by jest
    try {
      const { stdout, stderr } = await run(process.execPath, args, { cwd: this.directory, env });
      return stdout + stderr;
    } catch (error) {
      const { stdout, stderr } = error as { stdout: string; stderr: string };
      throw new Error(`node ${args.join(" ")} failed.\n${stdout}${stderr}`);
    }
  }
}
