import { readFileSync } from "node:fs";
import { cp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Ajv } from "ajv";
import { VERBS, type VerbName } from "../../src/command/verbs.js";
import { newDirectory, runCommand } from "./run-command.js";

const schema = JSON.parse(readFileSync("docs/command.schema.json", "utf8")) as { definitions: object };
const ajv = new Ajv({ allErrors: true, allowUnionTypes: true }).addSchema(schema, "command");
const text = "x".repeat(5000);
const payload = { id: 7, text, items: Array.from({ length: 200 }, (_, index) => ({ index, name: `item ${index}` })) };
const directory = newDirectory();
const path = (name: string) => join(directory.path, name);
const url = (name: string) => `file://${path(name)}`;
let message: string;
let pack: string;

const run = (args: string, stdin = "") =>
  runCommand(["--store", url("store"), ...args.split(" ").map((word) => word.replaceAll("%20", " "))], {
    stdin,
    cwd: directory.path,
  });

beforeAll(async () => {
  await writeFile(path("payload.json"), JSON.stringify(payload));
  await runCommand(["--store", url("store"), "dehydrate", "--scope", "kept"], { stdin: JSON.stringify({ a: text }) });
  message = (await run("dehydrate payload.json --scope run-1")).stdout;
  await writeFile(path("message.json"), message);
  pack = (JSON.parse(message) as { text: { $storageRef: string } }).text.$storageRef;
  await cp(path("store"), path("old"), { recursive: true });
  await writeFile(path("config.json"), JSON.stringify({ store: url("store"), codecs: [] }));
});

/** A run of each verb that comes to its end. */
const RUNS: Record<VerbName, () => string> = {
  explain: () => "explain payload.json --limit sqs",
  dehydrate: () => "dehydrate payload.json --scope run-1",
  hydrate: () => "hydrate message.json",
  inspect: () => "inspect message.json",
  cat: () => `cat ${pack}`,
  verify: () => "verify message.json",
  ls: () => "ls",
  du: () => "du",
  gc: () => "gc --explain --dry-run",
  release: () => "release run-9 --yes",
  done: () => "done run-9 a --readers a,b --yes",
  cp: () => `cp ${url("copy")} --yes`,
  diff: () => `diff ${url("old")} ${url("old")}`,
  migrate: () => `migrate ${url("moved")} --yes`,
  reencrypt: () => "reencrypt --yes",
  lifecycle: () => "lifecycle --provider s3 --ttl 7d",
  iam: () => "iam",
  doctor: () => "doctor",
  env: () => "env",
  serve: () => "serve",
  completion: () => "completion bash",
};

// What is no use without a file of options, and what ends when it is told to, have their own tests.
const NEEDS_MORE: readonly VerbName[] = ["reencrypt", "serve"];

describe.each(VERBS.map(({ name }) => name).filter((name) => !NEEDS_MORE.includes(name)))("coatcheck %s", (name) => {
  it("prints one document that is as its schema says", async () => {
    const { exitCode, stdout, stderr } = await run(`${RUNS[name]()} --json`);
    expect([stderr, exitCode]).toEqual(["", 0]);
    const document: unknown = JSON.parse(stdout);
    const validate = ajv.getSchema(`command#/definitions/${name}`)!;
    expect(validate(document) ? [] : validate.errors).toEqual([]);
  });

  it("prints text that says something, in lines that do nothing to a terminal", async () => {
    const { exitCode, stdout } = await run(RUNS[name]());
    expect(exitCode).toBe(0);
    expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
    expect(stdout).toMatch(name === "diff" || name === "verify" ? /^$/ : /\S\n$/);
  });
});

describe("payloads", () => {
  it.each([["payload.json"], ["-"], [""]])("come from %j", async (source) => {
    const args = ["--store", url("store"), "dehydrate", ...(source === "" ? [] : [source]), "--scope", "run-1"];
    const { stdout } = await runCommand(args, { stdin: JSON.stringify(payload), cwd: directory.path });
    expect(stdout).toBe(message);
  });

  it("come back by hydrate as they were", async () => {
    expect(JSON.parse((await run("hydrate", message)).stdout)).toEqual(payload);
  });
});

describe("cat", () => {
  it("takes a reference as JSON, a file of one, and ranges of it", async () => {
    const reference = (JSON.parse(message) as { text: object }).text;
    await writeFile(path("reference.json"), JSON.stringify(reference));
    expect((await runCommand(["--store", url("store"), "cat", JSON.stringify(reference)])).stdout).toBe(text);
    expect((await run("cat reference.json --offset 4990 --length 100")).stdout).toBe("x".repeat(10));
    expect((await run("cat", JSON.stringify(reference))).stdout).toBe(text);
  });

  it("gives an object as it is stored", async () => {
    expect((await run(`cat ${pack} --length 20`)).stdout).toBe('{"contentType":"raw"');
  });

  it("refuses a payload that is none", async () => {
    expect((await run("cat payload.json")).exitCode).toBe(2);
  });
});

describe("inspect", () => {
  it("says of each reference whether its object is there: exit 3 if not", async () => {
    const { exitCode, stdout } = await runCommand(["--store", url("empty"), "inspect", path("message.json"), "--json"]);
    expect([exitCode, (JSON.parse(stdout) as { missing: number }).missing]).toEqual([3, 2]);
  });

  it("shows the entries of a pack where their references say that they are, and nothing of their values", async () => {
    const { stdout } = await run(`inspect ${pack} --json`);
    const { entries } = JSON.parse(stdout) as { entries: { offset: number; size: number }[] };
    const references = Object.values(JSON.parse(message) as object).filter((value) => typeof value === "object");
    const places = references.map((reference: Record<string, number>) => [
      reference["$storageOffset"],
      reference["$storageSize"],
    ]);
    expect(entries.map(({ offset, size }) => [offset, size])).toEqual(places);
    expect(stdout).not.toContain("xxx");
  });
});

describe("verify", () => {
  it("exits 3 for a payload whose object is gone, and says where", async () => {
    const { exitCode, stdout } = await runCommand(["--store", url("empty"), "verify", path("message.json")]);
    expect(exitCode).toBe(3);
    expect(stdout.split("\n")[0]!.split(/\s+/)).toEqual(["missing", "NOT_FOUND", pack, "$.text"]);
  });

  it("finds what no payload leads to with --live", async () => {
    const { exitCode, stdout } = await run("verify --all --live message.json --json");
    expect([exitCode, (JSON.parse(stdout) as { orphaned: number }).orphaned]).toEqual([3, 1]);
  });
});

describe("du", () => {
  it("adds up what begins with a prefix: a scope, with a slash at its end or without, and a part of its name", async () => {
    await run("dehydrate payload.json --scope run-1/step");
    const names = async (args: string) =>
      (await run(`du ${args}`)).stdout.split("\n").map((line) => line.trim().split(/\s+/)[2] ?? "");
    expect(await names("outputs/run-1/")).toEqual(["outputs/run-1/step", "outputs/run-1", ""]);
    expect(await names("outputs/run-1")).toEqual(await names("outputs/run-1/"));
    expect(await names("outputs/ru")).toEqual(await names("outputs/run-1/"));
    expect((await names("")).slice(0, -1)).toEqual(expect.arrayContaining(["outputs/kept", "outputs/run-1/step"]));
    const [scope, kind] = await Promise.all([run("du outputs/run-1 --json"), run("du outputs/run-1 --by kind --json")]);
    const totalOf = ({ stdout }: { stdout: string }) => (JSON.parse(stdout) as { total: unknown }).total;
    expect(totalOf(scope)).toEqual(totalOf(kind));
    expect((await run("du a//b")).exitCode).toBe(2);
    await run("release run-1/step --yes");
  });
});

describe("ls", () => {
  it("gives columns that awk reads, of what begins with a prefix", async () => {
    const lines = (await run("ls outputs/run-1/")).stdout.trimEnd().split("\n");
    expect(lines).toHaveLength(1);
    const [size, modified, expires, object] = lines[0]!.trim().split(/\s+/);
    expect([Number(size) > 5000, Date.parse(modified!) > 0, expires, object]).toEqual([true, true, "-", pack]);
  });

  it("lists nothing, and that is fine", async () => {
    expect(await run("ls nothing/ --json")).toEqual({ exitCode: 0, stdout: '{"v":1,"objects":[]}\n', stderr: "" });
  });

  it("goes page by page, and a line of JSON each", async () => {
    const [first] = (await run("ls --limit 1 --jsonl")).stdout.split("\n");
    const { path: last } = JSON.parse(first!) as { path: string };
    const rest = (await run(`ls --start-after ${last} --jsonl`)).stdout;
    expect(rest).not.toContain(last);
    expect(rest).toContain(pack);
  });

  it("says when an object ends", async () => {
    await run("dehydrate payload.json --scope short --ttl 10d");
    const { objects } = JSON.parse((await run("ls outputs/short --json")).stdout) as { objects: { expires: string }[] };
    const days = (Date.parse(objects[0]!.expires) - Date.now()) / 86_400_000;
    expect(days).toBeGreaterThanOrEqual(9.99);
    expect(days).toBeLessThanOrEqual(11);
    await run("release short --yes");
  });
});
