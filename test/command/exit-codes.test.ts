import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { EXIT, EXIT_BY_ERROR } from "../../src/command/exit-codes.js";
import { exitCodeOf } from "../../src/command/failure.js";
import { STORAGE_ERROR_CODES, StorageError } from "../../src/errors/error.js";
import { FileStore } from "../../src/store/drivers/file/file-store.js";
import { newDirectory, runCommand, type Surroundings } from "./run-command.js";

const directory = newDirectory();
const path = (name: string) => join(directory.path, name);
const url = (name: string) => `file://${path(name)}`;
const store = () => ["--store", url("store")];
const MISSING = `outputs/x/${"0".repeat(64)}.json`;
const message = (ref: string) =>
  JSON.stringify({
    $storageRef: ref,
    $storageContentType: "text/plain",
    $storageSize: 3,
    $storageDigest: `sha256-${"A".repeat(43)}`,
  });

type Given = Pick<Surroundings, "stdin" | "env"> & { isInterrupted?: boolean };

// The table of the documentation: how the command comes to each code.
const CASES: [keyof typeof EXIT, string, () => string[], Given?][] = [
  ["fine", "a listing of nothing", () => [...store(), "ls"]],
  ["fine", "help", () => ["--help"]],
  ["fine", "help of a verb", () => ["ls", "--help"]],
  ["fine", "the version", () => ["--version"]],
  ["failed", "an object that is damaged", () => [...store(), "hydrate", path("damaged.json")]],
  ["usage", "no verb", () => []],
  ["usage", "an unknown verb", () => ["frobnicate"]],
  ["usage", "an unknown flag", () => [...store(), "ls", "--frob"]],
  ["usage", "too many arguments", () => [...store(), "ls", "a", "b"]],
  ["usage", "a payload that is not JSON", () => [...store(), "dehydrate"], { stdin: "{oops" }],
  ["usage", "no store", () => ["ls"]],
  ["usage", "two places", () => [...store(), "--config", "x.json", "ls"]],
  ["usage", "an unknown scheme", () => ["--store", "ftp://x/y", "ls"]],
  ["usage", "a wrong environment", () => ["env", "--check"], { env: { COATCHECK_STORAGE_PROVIDER: "floppy" } }],
  ["usage", "a path that is none", () => [...store(), "cat", "a/../b"]],
  ["usage", "two forms", () => [...store(), "ls", "--json", "--jsonl"]],
  ["usage", "a limit that is none", () => ["explain", "--limit", "pigeon"], { stdin: "1" }],
  ["problems", "a payload that does not fit", () => ["explain", "--limit", "1"], { stdin: "[1,2]" }],
  ["problems", "a reference to nothing", () => [...store(), "verify"], { stdin: message(MISSING) }],
  ["problems", "stores that differ", () => ["diff", url("store"), url("other")]],
  [
    "problems",
    "lifecycle rules that come too early",
    () => ["lifecycle", "--ttl", "30d", "--check", path("rules.json")],
  ],
  ["refused", "a release that nobody confirms", () => [...store(), "release", "run-1"]],
  ["refused", "a collection that nobody confirms", () => [...store(), "gc"]],
  [
    "refused",
    "a --live that condemns all",
    () => [...store(), "gc", "--live", path("live.jsonl"), "--min-age", "0", "--yes"],
  ],
  ["notFound", "an object that is missing", () => [...store(), "cat", "outputs/x/y.json"]],
  ["notFound", "a copy of what is missing", () => [...store(), "cp", "outputs/x/y.json", "outputs/z.json", "--yes"]],
  ["notFound", "a payload whose object is missing", () => [...store(), "hydrate"], { stdin: message(MISSING) }],
  ["notFound", "a payload file that is missing", () => ["explain", "nowhere.json"]],
  ["denied", "a reference that leads elsewhere", () => [...store(), "hydrate"], { stdin: message("secrets/a.json") }],
  ["unavailable", "a server that does not answer", () => ["--store", "redis://127.0.0.1:1", "ls"]],
  ["interrupted", "Ctrl-C", () => [...store(), "ls"], { isInterrupted: true }],
];

beforeAll(async () => {
  await runCommand([...store(), "dehydrate", "--scope", "kept"], { stdin: JSON.stringify("x".repeat(2000)) });
  const damaged = await runCommand([...store(), "dehydrate", "--scope", "bad"], {
    stdin: JSON.stringify("y".repeat(2000)),
  });
  const { $storageRef: ref } = JSON.parse(damaged.stdout) as { $storageRef: string };
  await writeFile(path("damaged.json"), damaged.stdout);
  await new FileStore({ root: path("store") }).write(ref, "damaged");
  await writeFile(path("live.jsonl"), '{"unrelated":1}\n');
  await mkdir(path("other"));
  const rule = { ID: "early", Status: "Enabled", Filter: { Prefix: "outputs/" }, Expiration: { Days: 1 } };
  await writeFile(path("rules.json"), JSON.stringify({ Rules: [rule] }));
});

describe("the exit code", () => {
  it.each(CASES.map(([code, what, args, given = {}]) => [code, what, args, given] as const))(
    "is that of %s for %s",
    async (code, _, args, given) => {
      const signal = given.isInterrupted === true ? AbortSignal.abort() : new AbortController().signal;
      const { exitCode, stderr } = await runCommand(args(), { cwd: directory.path, ...given, signal });
      expect([exitCode, stderr]).toEqual([EXIT[code], expect.any(String)]);
      if (exitCode !== EXIT.fine && exitCode !== EXIT.problems) expect(stderr).not.toBe("");
    },
  );

  it("says what is wrong on stderr, and nothing on stdout", async () => {
    const { stdout, stderr } = await runCommand([...store(), "cat", "outputs/x/y.json"], { cwd: directory.path });
    expect(stdout).toBe("");
    expect(stderr).toMatch(/^coatcheck: .*\[.*NOT_FOUND.*outputs\/x\/y\.json.*\]\n$/);
  });

  it.each(["ls", "du", "verify --all", "gc --explain --dry-run", "serve"])(
    "says of %s how a store is named where there is none, and begins no document",
    async (verb) => {
      const args = [...verb.split(" "), ...(verb === "serve" ? [] : ["--json"])];
      const { stdout, stderr } = await runCommand(args, { cwd: directory.path });
      expect(stdout).toBe("");
      expect(stderr).toMatch(/^coatcheck: There is no store for \w+: say --store or --config/);
    },
  );

  it("has one for each error code", () => {
    expect(Object.keys(EXIT_BY_ERROR).sort()).toEqual([...STORAGE_ERROR_CODES].sort());
    for (const code of STORAGE_ERROR_CODES) expect(exitCodeOf(new StorageError(code, "x"))).toBe(EXIT_BY_ERROR[code]);
    expect(
      Object.entries(EXIT_BY_ERROR)
        .filter(([, exit]) => exit === EXIT.unavailable)
        .map(([code]) => code),
    ).toEqual(expect.arrayContaining(["UNAVAILABLE", "TIMEOUT", "THROTTLED"]));
  });
});
