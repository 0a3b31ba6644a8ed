import { readdir, rm, stat, symlink } from "node:fs/promises";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { main } from "../../src/command/main.js";
import { VERBS } from "../../src/command/verbs.js";
import { optionsOf } from "../../src/command/flags.js";
import { FileStore } from "../../src/index.js";
import { newDirectory, runCommand } from "./run-command.js";

const directory = newDirectory();
const url = (name: string) => `file://${join(directory.path, name)}`;
const run = (args: string, given: { stdin?: string; isTTY?: boolean } = {}) =>
  runCommand(["--store", url("store"), ...args.split(" ")], { cwd: directory.path, ...given });

/** Every file of a directory, with its size and time. */
async function files(name: string): Promise<string[]> {
  const root = join(directory.path, name);
  const entries = await readdir(root, { recursive: true, withFileTypes: true }).catch(() => []);
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const facts = paths.map(async (path) => `${path} ${(await stat(path)).size} ${(await stat(path)).mtimeMs}`);
  return (await Promise.all(facts)).sort();
}

const RUNS: Record<string, string> = {
  gc: "gc --live - --allow-empty --min-age 0s",
  release: "release run-1",
  done: "done run-1 a --readers a",
  cp: "cp URL",
  migrate: "migrate URL-moved",
  dehydrate: "dehydrate --scope run-2",
};

beforeEach(async () => {
  await run("dehydrate --scope run-1", { stdin: JSON.stringify("x".repeat(2000)) });
});

describe.each(Object.keys(RUNS))("%s", (verb) => {
  const args = () => RUNS[verb]!.replace("URL", url("copy"));
  const stdin = JSON.stringify("other".repeat(500));

  it("changes nothing with --dry-run, and says what it would do", async () => {
    const before = await files("");
    const { exitCode, stdout } = await run(`${args()} --dry-run`, { stdin });
    expect(exitCode).toBe(0);
    expect(stdout).not.toBe("");
    expect(await files("")).toEqual(before);
  });
});

describe.each(Object.keys(RUNS).filter((verb) => verb !== "dehydrate"))("%s", (verb) => {
  const args = () => RUNS[verb]!.replace("URL", url("copy"));

  it("changes nothing where nobody can be asked, or the answer is no", async () => {
    const before = await files("");
    expect((await run(args(), { stdin: "[]" })).exitCode).toBe(5);
    if (verb !== "gc") expect((await run(args(), { stdin: "no\n", isTTY: true })).exitCode).toBe(5);
    expect(await files("")).toEqual(before);
  });

  it("changes nothing when the question is left by Ctrl-C, by Ctrl-D, or can't be asked any more", async () => {
    const before = await files("");
    if (verb !== "gc") {
      const [stopped, left] = [
        await run(args(), { stdin: "\u0003", isTTY: true }),
        await run(args(), { stdin: "\u0004", isTTY: true }),
      ];
      expect([stopped.exitCode, stopped.stderr]).toEqual([130, expect.stringMatching(/coatcheck:.* interrupted\n$/)]);
      expect([left.exitCode, left.stderr]).toEqual([5, expect.stringContaining("Nothing was changed.")]);
    }
    const stdin = Object.assign(Readable.from([Buffer.from("[]")]), { isTTY: true });
    const stderr = Object.assign(new PassThrough(), { isTTY: true });
    const { signal } = new AbortController();
    const terminal = { env: {}, cwd: directory.path, stdin, stdout: new PassThrough(), stderr, signal };
    if (verb === "gc") {
      expect(await main(["--store", url("store"), ...args().split(" ")], terminal, "1.2.3")).toBe(5);
      expect(String(stderr.read())).toContain("nobody can be asked here");
    }
    expect(await files("")).toEqual(before);
  });

  it("does it with --yes, and after a yes", async () => {
    const before = await files("");
    if (verb === "release") expect((await run(args(), { stdin: "y\n", isTTY: true })).exitCode).toBe(0);
    else expect((await run(`${args()} --yes`, { stdin: "[]" })).exitCode).toBe(0);
    expect(await files("")).not.toEqual(before);
  });
});

it("every verb that changes something takes --dry-run and --yes", () => {
  const changing = [...VERBS].filter((verb) => "changes" in verb).map(({ name }) => name);
  expect(changing).toEqual(["gc", "release", "done", "cp", "migrate", "reencrypt"]);
  for (const verb of VERBS) {
    const flags = optionsOf(verb).map((option) => option.flags);
    const isAsked = changing.includes(verb.name as never) || verb.name === "dehydrate";
    expect([verb.name, flags.includes("--dry-run"), flags.includes("--yes")]).toEqual([verb.name, isAsked, isAsked]);
  }
});

describe("cp and migrate into a place below the source", () => {
  it.each(["cp", "migrate"])("are refused by %s before anything is written", async (verb) => {
    await symlink(join(directory.path, "store"), join(directory.path, "link"));
    const before = (await run("ls --jsonl")).stdout;
    for (const to of [url("store/below"), url("store/below/deeper"), url("link/below")]) {
      for (const last of ["--yes", "--dry-run"]) {
        const { exitCode, stdout, stderr } = await run(`${verb} ${to} ${last}`);
        expect([exitCode, stdout]).toEqual([2, ""]);
        expect(stderr).toContain("lies below what is copied");
      }
    }
    const named = await run(`${verb} ${url("store")} ${url("store/outputs/x")} --prefix outputs/ --yes`);
    expect(named.exitCode).toBe(2);
    expect((await run("ls --jsonl")).stdout).toBe(before);
    await rm(join(directory.path, "link"));
  });

  it.each(["s3", "gs", "az"])("are refused within one container of %s, before a request", async (scheme) => {
    const [from, to] = [`${scheme}://bucket/p`, `${scheme}://bucket/p/q`];
    const env = {
      COATCHECK_STORAGE_S3_REGION: "eu-central-1",
      COATCHECK_STORAGE_AZURE_CONNECTION_STRING: "UseDevelopmentStorage=true",
    };
    const { exitCode, stderr } = await runCommand(["cp", from, to, "--yes"], { env });
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('in "q/"')]);
  });

  it.each(["cp", "migrate"])("are fine for %s where the copies are not in what is copied", async (verb) => {
    expect((await run(`${verb} ${url("store/below")} --prefix outputs/ --yes`)).exitCode).toBe(0);
    expect((await run(`${verb} ${url("store")} ${url("store")} --yes`)).exitCode).toBe(0);
    expect((await run(`${verb} ${url("store-beside")} --yes`)).exitCode).toBe(0);
    await rm(join(directory.path, "store/below"), { recursive: true });
  });
});

describe("cp and migrate out of a place into the one around it", () => {
  // Names that repeat: a copy of b/x out of a/b would be a/b/x, which is copied too.
  const write = async (...paths: string[]) => {
    const store = new FileStore({ root: join(directory.path, "nested") });
    for (const path of paths) await store.write(path, path);
  };
  const nested = (args: string) => runCommand(["--store", url("nested"), ...args.split(" ")]);
  const listed = async () => (await nested("ls --jsonl")).stdout;
  afterEach(() => rm(join(directory.path, "nested"), { recursive: true, force: true }));

  it.each([
    ["cp a/b/ a/", 'has \\"b/\\" in it again'],
    ["cp file-b file-a", "Copy to a place apart first"],
    ["migrate file-b file-a", "Copy to a place apart first"],
  ])("%s is refused where names repeat, before anything is written", async (args, says) => {
    await write("a/b/b/x", "a/b/x", "a/b/y");
    const before = await listed();
    const given = args.replace("file-b", url("nested/a/b")).replace("file-a", url("nested/a"));
    for (const last of ["--yes", "--dry-run"]) {
      const { exitCode, stdout, stderr } = await nested(`${given} ${last}`);
      expect([exitCode, stdout]).toEqual([2, ""]);
      expect(JSON.stringify(stderr)).toContain(says);
    }
    expect(await listed()).toBe(before);
  });

  it.each(["cp a/b/ a/", "cp file-b file-a", "migrate file-b file-a"])("%s is fine where no names do", async (args) => {
    await write("a/b/x", "a/b/bb/y");
    const given = args.replace("file-b", url("nested/a/b")).replace("file-a", url("nested/a"));
    expect((await nested(`${given} --yes`)).exitCode).toBe(0);
    const paths = (await listed())
      .trim()
      .split("\n")
      .map((line) => (JSON.parse(line) as { path: string }).path);
    expect(paths).toEqual(["a/b/bb/y", "a/b/x", "a/bb/y", "a/x"]);
  });

  it("cp of all below a path onto itself is refused", async () => {
    await write("a/x");
    expect(await nested("cp a/ a/ --yes")).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("the same") });
  });
});

describe("cp", () => {
  it("writes over what differs, so that diff then finds nothing", async () => {
    await run(`cp ${url("target")} --yes`);
    await runCommand(["--store", url("target"), "release", "run-1", "--yes"]);
    expect((await run(`diff ${url("target")}`)).exitCode).toBe(3);
    expect((await run(`cp ${url("target")} --yes`)).exitCode).toBe(0);
    expect((await run(`diff ${url("target")} --content`)).exitCode).toBe(0);
  });

  it("copies an object, and all below a path, within a store", async () => {
    const { objects } = JSON.parse((await run("ls outputs/run-1/ --json")).stdout) as { objects: { path: string }[] };
    const [{ path }] = objects as [{ path: string }];
    expect((await run(`cp ${path} copies/one.json --yes`)).exitCode).toBe(0);
    expect((await run("cp outputs/run-1/ copies/all/ --yes")).exitCode).toBe(0);
    const listed = (await run("ls copies/ --jsonl")).stdout;
    expect(listed).toContain("copies/one.json");
    expect(listed).toContain(path.replace("outputs/run-1/", "copies/all/"));
    expect((await run("cp outputs/run-1/ outputs/run-1/deeper/ --yes")).exitCode).toBe(2);
    expect((await run("cp nothing copies/x --yes")).exitCode).toBe(10);
  });
});
