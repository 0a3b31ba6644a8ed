import { execFile } from "node:child_process";
import { copyFile, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { pack } from "./tarball.js";

const run = promisify(execFile);
const root = process.cwd();

interface Lockfile {
  packages: Record<
    string,
    { dev?: boolean; version?: string; dependencies?: Record<string, string>; bin?: Record<string, string> }
  >;
}

/** What a program left behind: a failure is a result here, not an exception. */
export interface Outcome {
  exitCode: number;
  output: string;
}

/** What a bundler made of a program. */
export interface Bundle {
  warnings: string[];
  text: string;
  run(): Promise<Outcome>;
}

/** An empty project beside the checkout, into which npm has installed the packed package: what a user has. */
export class Consumer {
  readonly #bundles: string[] = [];

  private constructor(
    readonly directory: string,
    /** The paths inside the tarball. */
    readonly packedFiles: readonly string[],
  ) {}

  /** Packs the build that lies in dist/ and installs it. */
  static async install(): Promise<Consumer> {
    const directory = await mkdtemp(join(tmpdir(), "coatcheck-consumer-"));
    const tarball = await pack(directory);
    await writeFile(join(directory, "package.json"), JSON.stringify(await manifest(tarball.filename)));
    await writeFile(join(directory, "package-lock.json"), JSON.stringify(await lockfile(tarball.filename)));
    await run("npm", ["ci", "--prefer-offline", "--ignore-scripts", "--no-audit", "--no-fund"], { cwd: directory });
    return new Consumer(
      directory,
      tarball.files.map((file) => file.path),
    );
  }

  /** Runs one of the files in programs/ from inside the project: with node, or with the command of another runtime. */
  async run(program: string, [file, ...args]: readonly [string, ...string[]] = [process.execPath]): Promise<Outcome> {
    const name = basename(program);
    await copyFile(join(root, "test/package/programs", program), join(this.directory, name));
    return this.execute(file, [...args, name]);
  }

  /** Bundles one of the files in programs/bundled/, and leaves the bundle where no package is installed. */
  async bundle(bundler: string, program: string): Promise<Bundle> {
    const entry = join(this.directory, `${bundler}-${program}`);
    await copyFile(join(root, "test/package/programs/bundled", program), entry);
    const folder = await mkdtemp(join(tmpdir(), "coatcheck-bundle-"));
    this.#bundles.push(folder);
    const { stdout } = await run(process.execPath, ["test/package/bundle.mjs", bundler, entry, folder]);
    const { file, warnings } = JSON.parse(stdout) as { file: string; warnings: string[] };
    const text = await readFile(file, "utf8");
    return { warnings, text, run: () => this.execute(process.execPath, [file]) };
  }

  /** Checks programs/types.ts under each of `names`, with one version of TypeScript and one set of compiler options. */
  async typecheck(typescript: string, names: readonly string[], options: Record<string, unknown>): Promise<Outcome> {
    const folder = await mkdtemp(join(this.directory, "types-"));
    for (const name of names) await copyFile(join(root, "test/package/programs/types.ts"), join(folder, name));
    const compilerOptions = { target: "es2022", strict: true, noEmit: true, types: ["node"], ...options };
    await writeFile(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: names }));
    return this.execute(process.execPath, [join(root, "node_modules", typescript, "bin/tsc"), "-p", folder]);
  }

  /** Runs `action` in a project where the AWS SDK is not installed. */
  async withoutAwsSdk<T>(action: () => Promise<T>): Promise<T> {
    const installed = join(this.directory, "node_modules/@aws-sdk");
    const aside = join(this.directory, "aws-sdk");
    await rename(installed, aside);
    try {
      return await action();
    } finally {
      await rename(aside, installed);
    }
  }

  async remove(): Promise<void> {
    for (const folder of [this.directory, ...this.#bundles]) await rm(folder, { recursive: true, force: true });
  }

  private async execute(file: string, args: string[]): Promise<Outcome> {
    try {
      const { stdout, stderr } = await run(file, args, { cwd: this.directory });
      return { exitCode: 0, output: stdout + stderr };
    } catch (error) {
      const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
      return { exitCode: code, output: stdout + stderr };
    }
  }
}

async function manifest(tarball: string): Promise<object> {
  const { packages } = await readLockfile();
  return {
    name: "consumer",
    private: true,
    dependencies: {
      coatcheck: `file:${tarball}`,
      "@types/node": packages["node_modules/@types/node"]?.version,
      zod: packages["node_modules/zod"]?.version,
    },
  };
}

// The versions that this checkout was tested with, which are in npm's cache already: no network is needed.
async function lockfile(tarball: string): Promise<object> {
  const { packages } = await readLockfile();
  const { dependencies, version, bin } = packages[""]!;
  const needed = Object.entries(packages).filter(([path, { dev }]) => {
    return path !== "" && (dev !== true || /^node_modules\/(@types\/node|undici-types|zod)$/.test(path));
  });
  return {
    name: "consumer",
    lockfileVersion: 3,
    requires: true,
    packages: {
      "": await manifest(tarball),
      ...Object.fromEntries(needed.map(([path, entry]) => [path, { ...entry, dev: undefined }])),
      "node_modules/coatcheck": { version, resolved: `file:${tarball}`, dependencies, bin },
    },
  };
}

async function readLockfile(): Promise<Lockfile> {
  return JSON.parse(await readFile(join(root, "package-lock.json"), "utf8")) as Lockfile;
}
