import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { copyFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { pack } from "./tarball.js";

const run = promisify(execFile);

function manifestOf(directory: string): { version: string; dependencies: Record<string, string> } {
  return JSON.parse(readFileSync(join(directory, "package.json"), "utf8")) as ReturnType<typeof manifestOf>;
}

/** The ranges of the AWS SDK's packages that this one allows. */
const RANGES = Object.entries(manifestOf(".").dependencies).filter(([name]) => /^@(aws-sdk|smithy)\//.test(name));

const oldest = (range: string): string => range.replace(/^\^/, "");
const SDKS = { oldest, newest: (range: string): string => range };

let root: string;

/** Projects with the packed package, and with versions of the SDK's packages. */
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "coatcheck-aws-sdk-"));
  const { filename } = await pack(root);
  const installing = Object.entries(SDKS).map(async ([name, versionOf]) => {
    const cwd = join(root, name);
    await mkdir(cwd);
    const versions = Object.fromEntries(RANGES.map(([sdk, range]) => [sdk, versionOf(range)]));
    const dependencies = { coatcheck: `file:${join(root, filename)}`, ...versions };
    await writeFile(join(cwd, "package.json"), JSON.stringify({ private: true, dependencies }));
    await run("npm", ["install", "--ignore-scripts", "--no-audit", "--no-fund"], { cwd });
  });
  await Promise.all(installing);
});

afterAll(() => rm(root, { recursive: true, force: true }));

describe.each(Object.entries(SDKS))("the %s AWS SDK that is allowed", (sdk, versionOf) => {
  const directory = (): string => join(root, sdk);

  it("is the one that the package uses", () => {
    expect(RANGES.length).toBeGreaterThan(2);
    for (const [name, range] of RANGES) {
      expect([name, existsSync(join(directory(), "node_modules/coatcheck/node_modules", name))]).toEqual([name, false]);
      const { version } = manifestOf(join(directory(), "node_modules", name));
      expect([name, version.localeCompare(oldest(range), "en", { numeric: true }) >= 0]).toEqual([name, true]);
      if (versionOf === oldest) expect([name, version]).toEqual([name, oldest(range)]);
    }
  });

  it("lets each request about an object go past its middleware", async () => {
    await copyFile("test/package/programs/s3-direct.mjs", join(directory(), "s3-direct.mjs"));
    const { stdout, stderr } = await run(process.execPath, ["s3-direct.mjs"], { cwd: directory() });
    expect(stdout + stderr).toBe("");
  });
});
