import { existsSync } from "node:fs";
import { join } from "node:path";
import { newDirectory, runCommand } from "./run-command.js";

const directory = newDirectory();
const path = (name: string) => join(directory.path, name);
const url = (name: string) => `file://${path(name)}`;
const run = (args: readonly string[]) => runCommand(args, { cwd: directory.path });

beforeAll(() =>
  runCommand(["--store", url("there"), "dehydrate", "--scope", "s"], { stdin: JSON.stringify("x".repeat(2000)) }),
);

describe("a directory that is not there", () => {
  it.each<[string, () => string[]]>([
    ["verify --all", () => ["--store", url("nowhere"), "verify", "--all"]],
    ["verify --prefix", () => ["--store", url("nowhere"), "verify", "--prefix", "outputs/"]],
    ["diff from it", () => ["diff", url("nowhere"), url("there")]],
    ["diff from it, as the own store", () => ["--store", url("nowhere"), "diff", url("there")]],
    ["cp from it", () => ["cp", url("nowhere"), url("to"), "--yes"]],
    ["cp within it", () => ["--store", url("nowhere"), "cp", "a/", "b/", "--yes"]],
    ["migrate from it", () => ["migrate", url("nowhere"), url("to"), "--yes"]],
    ["migrate from it, dry", () => ["migrate", url("nowhere"), url("to"), "--dry-run"]],
    ["reencrypt", () => ["--store", url("nowhere"), "reencrypt", "--yes"]],
  ])("is not found by %s, which would say that all is well", async (_, args) => {
    const { exitCode, stdout, stderr } = await run([...args(), "--json"]);
    expect([exitCode, stdout]).toEqual([10, ""]);
    expect(stderr).toContain(`There is no directory ${JSON.stringify(path("nowhere"))}`);
    expect(stderr).toContain("CONTAINER_NOT_FOUND");
    expect([existsSync(path("nowhere")), existsSync(path("to"))]).toEqual([false, false]);
  });

  it("is not found where the environment names it", async () => {
    const env = { COATCHECK_STORAGE_PROVIDER: "file", COATCHECK_STORAGE_PATH: path("nowhere") };
    expect((await runCommand(["verify", "--all"], { cwd: directory.path, env })).exitCode).toBe(10);
  });

  it.each<[string, string[], number]>([
    ["ls", ["ls"], 0],
    ["du", ["du"], 0],
    ["gc --dry-run", ["gc", "--dry-run"], 0],
    ["release --dry-run", ["release", "s", "--dry-run"], 0],
    ["diff to it", ["DIFF"], 3],
  ])("is nothing to %s, which says so", async (_, verb, code) => {
    const args = verb[0] === "DIFF" ? ["diff", url("there"), url("nowhere")] : ["--store", url("nowhere"), ...verb];
    const { exitCode, stderr } = await run(args);
    expect(exitCode).toBe(code);
    expect(stderr).toBe(`coatcheck: there is no directory ${JSON.stringify(path("nowhere"))} yet\n`);
    expect(existsSync(path("nowhere"))).toBe(false);
  });

  it("is made by what is copied into it, and by the first payload", async () => {
    expect(await run(["cp", url("there"), url("new"), "--yes"])).toMatchObject({ exitCode: 0, stderr: "" });
    expect(await run(["--store", url("new"), "verify", "--all", "--json"])).toMatchObject({ exitCode: 0, stderr: "" });
  });
});
