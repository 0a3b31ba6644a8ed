import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const { arch, platform } = process;

const OF_BUN: Readonly<Record<string, string>> = { win32: "windows", arm64: "aarch64" };

/** What npm has of each runtime for this platform, and the command that runs a program. */
const RUNTIMES = {
  Deno: {
    package: `@deno/${platform}-${arch}${platform === "linux" ? "-glibc" : ""}`,
    version: "2.9.6",
    program: "deno",
    args: ["run", "--node-modules-dir=manual", "--allow-all"],
  },
  Bun: {
    package: `@oven/bun-${OF_BUN[platform] ?? platform}-${OF_BUN[arch] ?? arch}`,
    version: "1.4.5",
    program: "bin/bun",
    args: ["run"],
  },
} as const;

export type Runtime = keyof typeof RUNTIMES;

/** The command of a runtime other than Node. It is installed once, below node_modules. */
export async function runtimeCommand(name: Runtime): Promise<[string, ...string[]]> {
  const { package: pack, version, program, args } = RUNTIMES[name];
  const folder = join(process.cwd(), "node_modules/.cache/runtimes", `${name}-${version}`);
  const file = join(folder, "node_modules", pack, `${program}${platform === "win32" ? ".exe" : ""}`);
  if (!existsSync(file)) {
    await mkdir(folder, { recursive: true });
    const options = ["--no-save", "--no-audit", "--no-fund", "--ignore-scripts", "--prefer-offline"];
    await run("npm", ["install", "--prefix", folder, ...options, `${pack}@${version}`]);
  }
  return [file, ...args];
}
