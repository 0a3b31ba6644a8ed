import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { importByName } from "../../src/async/import-by-name.js";
import { StorageError } from "../../src/errors/error.js";
import { StorageManager, type StorageManagerOptions } from "../../src/index.js";
import { MemoryStore } from "../../src/store/drivers/memory-store.js";
import { newDirectory, runCommand, type Ran } from "./run-command.js";

type Import = { importByName: typeof importByName };
const original = jest.requireActual<Import>("../../src/async/import-by-name.js").importByName;
jest.mock("../../src/async/import-by-name.js", () => ({ importByName: jest.fn() }));

const DAY = 86_400_000;
const directory = newDirectory();

/** Runs the command where a module gives this. */
async function run(args: string, exported: unknown, stdin = "", env: NodeJS.ProcessEnv = {}): Promise<Ran> {
  await writeFile(join(directory.path, "coatcheck.config.mjs"), "");
  jest
    .mocked(importByName)
    .mockImplementation((file) =>
      file.endsWith("config.mjs") ? Promise.resolve({ default: exported }) : original(file),
    );
  return runCommand(args.split(" "), { cwd: directory.path, stdin, env });
}

/** A manager, and one of another copy of this package: only its methods are the same. */
const MANAGERS: [string, (options: StorageManagerOptions) => object][] = [
  ["a manager", (options) => new StorageManager(options)],
  [
    "a manager of another copy",
    (options) => {
      const manager = new StorageManager(options);
      const bound = (method: unknown): unknown =>
        typeof method === "function" ? (method as (...args: unknown[]) => unknown).bind(manager) : method;
      return new Proxy({}, { get: (_, name) => bound(Reflect.get(manager, name)) });
    },
  ],
];

describe("a module of a configuration", () => {
  it.each(MANAGERS)("that gives %s: a dry run of done looks below its prefix", async (_, manager) => {
    const configuration = manager({ store: new MemoryStore(), outputPrefix: "own/prefix" });
    const at = (args: string) => run(args, configuration, JSON.stringify("x".repeat(3000)));
    await at("dehydrate --scope s");
    await at("done s a --readers a,b --yes");
    expect((await at("done s b --readers a,b --dry-run")).stdout).toBe("1 objects would be deleted\n");
    const { stdout } = await at("lifecycle --provider s3 --ttl 7d");
    expect(stdout).toContain('"own/prefix/"');
    expect((await at("iam")).exitCode).toBe(2); // a memory has no rights
  });

  it("is called once, however much of it is asked for, and its manager is closed", async () => {
    const manager = new StorageManager({ store: new MemoryStore() });
    const close = jest.spyOn(manager, "close");
    const make = jest.fn(() => Promise.resolve(manager));
    expect((await run("done s b --readers b --dry-run", make)).exitCode).toBe(0);
    expect(make).toHaveBeenCalledTimes(1);
    expect(close).toHaveBeenCalled();
  });

  it("that gives a store needs nothing of the environment", async () => {
    const env = { COATCHECK_STORAGE_PROVIDER: "floppy" };
    for (const exported of [{ store: new MemoryStore() }, new StorageManager({ store: new MemoryStore() })]) {
      for (const args of ["ls", "du", "gc --dry-run", "verify --all"]) {
        expect((await run(args, exported, "", env)).exitCode).toBe(0);
      }
    }
    const other = { COATCHECK_STORAGE_PROVIDER: "file", COATCHECK_STORAGE_PATH: join(directory.path, "nowhere") };
    const { exitCode, stderr } = await run("verify --all", new StorageManager({}), "", other);
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining("There is no store for verify")]);
  });

  it("that fails is named, and keeps its exit code where it may come right later", async () => {
    const failing = (error: Error) => () => Promise.reject(error);
    const { exitCode, stderr } = await run("ls", failing(new Error("no vault")));
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/^coatcheck: The configuration file .*coatcheck.config.mjs can't be loaded: no vault\n$/);
    expect((await run("ls", failing(new StorageError("CONFIG_INVALID", "Bad.")))).exitCode).toBe(2);
    expect((await run("ls", failing(new StorageError("UNAVAILABLE", "The vault is away.")))).exitCode).toBe(12);
  });

  it.each([null, 5, {}])("whose store is %p is refused alike by each verb", async (store) => {
    for (const args of ["ls", "iam", "lifecycle --ttl 7d --provider s3"]) {
      const { exitCode, stderr } = await run(args, { store });
      expect([exitCode, stderr]).toEqual([2, expect.stringContaining("store: must be a Store")]);
    }
  });

  it.each<[string, StorageManagerOptions["retention"], boolean]>([
    ["that of all", { ttl: 7 * DAY }, true],
    ["the longest policy", { ttl: 7 * DAY, policies: [{ scope: "long/**", ttl: 90 * DAY }] }, true],
    ["none, where some never end", { ttl: 7 * DAY, policies: [{ scope: "audit/**", ttl: "never" }] }, false],
    ["none, where only some end", { policies: [{ scope: "short/**", ttl: 2 * DAY }] }, false],
  ])("says by its retention how long a bucket keeps payloads: %s", async (_, retention, isKnown) => {
    for (const exported of [{ retention }, new StorageManager({ retention })]) {
      const { exitCode, stdout } = await run("lifecycle --provider s3 --json", exported);
      expect(exitCode).toBe(isKnown ? 0 : 2);
      const days = retention!.policies === undefined ? 7 : 90;
      const [, told] = /"Expiration":\{"Days":(\d+)\}/.exec(stdout) ?? [];
      expect(told === undefined ? false : Number(told) >= days).toBe(isKnown);
    }
  });
});
