import { readFileSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Consumer } from "./consumer.js";
import { runtimeCommand } from "./runtimes.js";

const manifest = JSON.parse(readFileSync("package.json", "utf8")) as { peerDependencies: Record<string, string> };
const PEERS = Object.keys(manifest.peerDependencies);

let consumer: Consumer;

beforeAll(async () => {
  consumer = await Consumer.install();
});

afterAll(async () => {
  await consumer.remove();
});

/** The modules that declarations import. */
async function importsOf(file: string): Promise<string[]> {
  const text = await readFile(file, "utf8");
  return [...text.matchAll(/^(?:import|export) (?:.* from )?'(.*)';$/gm)].map(([, name]) => name!);
}

/** The peers that declarations need, with those of the declarations that they import. */
async function peersOf(file: string, seen = new Set<string>()): Promise<Set<string>> {
  const peers = new Set<string>();
  if (seen.has(file)) return peers;
  seen.add(file);
  for (const name of await importsOf(file)) {
    if (PEERS.includes(name)) peers.add(name);
    if (!name.startsWith(".")) continue;
    for (const peer of await peersOf(join(dirname(file), name.replace(/\.js$/, ".d.ts")), seen)) peers.add(peer);
  }
  return peers;
}

// Warnings of Node are output too.
const passed = { exitCode: 0, output: "" };

describe("the packed package", () => {
  it("holds the two builds, their types and the papers, and nothing else", () => {
    const unexpected = consumer.packedFiles.filter((path) => {
      return !/^dist\/(esm\/.*(\.js|\.js\.map|\.d\.ts)|cjs\/.*(\.cjs|\.cjs\.map|\.d\.cts))$/.test(path);
    });
    expect(unexpected.sort()).toEqual([
      "CHANGELOG.md",
      "LICENSE",
      "README.md",
      "dist/THIRD-PARTY-NOTICES.txt",
      "package.json",
    ]);
    expect(consumer.packedFiles).toContain("dist/esm/index.js");
    expect(consumer.packedFiles).toContain("dist/cjs/index.d.cts");
  });

  it.each([
    ["an ECMAScript module", "esm.mjs"],
    ["a CommonJS module", "cjs.cjs"],
    ["a program that has both builds in it", "both.mjs"],
  ])("works in %s", async (_, program) => {
    expect(await consumer.run(program)).toEqual(passed);
  });

  it.each(["esm.mjs", "cjs.cjs"])("does not load the AWS SDK for what needs none (%s)", async (program) => {
    expect(await consumer.withoutAwsSdk(() => consumer.run(program))).toEqual(passed);
  });

  it("installs a command that works as in a shell, and loads no client for a store of files", async () => {
    expect(await consumer.withoutAwsSdk(() => consumer.run("command.mjs"))).toEqual(passed);
  });

  it("has types that need no package but those of their own entry point", async () => {
    const dist = join(consumer.directory, "node_modules/coatcheck/dist/esm");
    const entries = (await readdir(dist)).filter((file) => file.endsWith(".d.ts"));
    for (const entry of entries) {
      const own = (await importsOf(join(dist, entry))).filter((name) => PEERS.includes(name));
      expect([entry, await peersOf(join(dist, entry))]).toEqual([entry, new Set(own)]);
    }
  });

  it("has maps that lead to its sources", async () => {
    expect(await consumer.run("source-maps.mjs")).toEqual(passed);
  });

  it.each(["peers.mjs", "peers.cjs"])("names the package that is to be installed for a store (%s)", async (program) => {
    expect(await consumer.run(program)).toEqual(passed);
  });

  it("sends requests past the middleware of the AWS SDK that is installed", async () => {
    expect(await consumer.run("s3-direct.mjs")).toEqual(passed);
  });

  it.each(["s3.mjs", "s3.cjs"])("loads the AWS SDK for coatcheck/s3 (%s)", async (program) => {
    expect(await consumer.run(program)).toEqual(passed);
    const { exitCode, output } = await consumer.withoutAwsSdk(() => consumer.run(program));
    expect(exitCode).not.toBe(0);
    expect(output).toContain("Cannot find");
    expect(output).toContain("@aws-sdk/");
  });
});

describe.each(["Deno", "Bun"] as const)("%s", (runtime) => {
  let command: [string, ...string[]];

  beforeAll(async () => {
    command = await runtimeCommand(runtime);
  });

  it.each(["esm.mjs", "cjs.cjs", "both.mjs"])("runs the packed package (%s)", async (program) => {
    expect(await consumer.run(program, command)).toEqual(passed);
  });

  it.each(["file.mjs", "s3.mjs"])("reads what it has written through a driver (%s)", async (program) => {
    expect(await consumer.run(`bundled/${program}`, command)).toEqual({ exitCode: 0, output: "done\n" });
  });
});

describe("the bundle of a program", () => {
  // Bytes, minified by esbuild, with everything that the program needs.
  const ceilings: Record<string, number> = {
    // Of it, 500 are the advice that messages of stores end in.
    "error.mjs": 3_000,
    // Of these, some 25,000 are what ends payloads: retention, adoption, migration.
    "memory.mjs": 310_000,
    "file.mjs": 330_000,
    "s3.mjs": 1_000_000,
  };
  const programs = Object.keys(ceilings);

  it.concurrent.each(
    ["esbuild", "webpack", "rollup", "vite"].flatMap((bundler) => programs.map((program) => [bundler, program])),
  )("that %s makes of %s works where no package is installed", async (bundler, program) => {
    const { warnings, text, run } = await consumer.bundle(bundler, program);
    expect(warnings.filter((warning) => warning.includes("node_modules/coatcheck"))).toEqual([]);
    expect(await run()).toEqual({ exitCode: 0, output: program === "error.mjs" ? "false false\n" : "done\n" });
    // Only FileStore and the AWS SDK ask for these.
    expect(/["'`](node:)?(fs|fs\/promises|child_process)["'`]/.test(text)).toBe(/file|s3/.test(program));
    if (bundler === "esbuild") expect(Buffer.byteLength(text)).toBeLessThanOrEqual(ceilings[program]!);
  });
});

// The oldest that we know to work, the last of the 5th and 6th major version, and the newest.
describe.each(["typescript-5.4", "typescript-5.9", "typescript", "typescript-7"])(
  "the types under %s",
  (typescript) => {
    const eitherFormat = ["esm.mts", "commonjs.cts"];
    const deprecated = { ignoreDeprecations: typescript === "typescript" ? "6.0" : "5.0" };
    const node10 = { module: "commonjs", moduleResolution: "node10", ...deprecated };
    const resolutions: [string, string[], object][] = [
      ["node16", eitherFormat, { module: "node16" }],
      ["bundler", ["esm.ts"], { module: "esnext", moduleResolution: "bundler" }],
    ];
    if (typescript !== "typescript-7") resolutions.push(["node10", ["commonjs.ts"], node10]); // which has it no more

    it.concurrent.each(resolutions)("are right with module resolution %s", async (_, names, options) => {
      expect(await consumer.typecheck(typescript, names, { skipLibCheck: true, ...options })).toEqual(passed);
    });

    it.concurrent("are right with nodenext, for a user who checks the types of libraries too", async () => {
      // One with each compiler: what depends on both was never seen, and each check takes a quarter of a minute.
      const exactOptionalPropertyTypes = typescript === "typescript-5.4" || typescript === "typescript-7";
      const options = { module: "nodenext", skipLibCheck: false, exactOptionalPropertyTypes };
      expect(await consumer.typecheck(typescript, eitherFormat, options)).toEqual(passed);
    });
  },
);
