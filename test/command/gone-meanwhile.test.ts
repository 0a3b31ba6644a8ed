import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { importByName } from "../../src/async/import-by-name.js";
import { differences } from "../../src/command/differences.js";
import { StorageError } from "../../src/errors/error.js";
import { MemoryStore } from "../../src/store/drivers/memory-store.js";
import type { ObjectInfo, ListOptions } from "../../src/store/store.js";
import { newDirectory, runCommand } from "./run-command.js";

type Import = { importByName: typeof importByName };
const original = jest.requireActual<Import>("../../src/async/import-by-name.js").importByName;
jest.mock("../../src/async/import-by-name.js", () => ({ importByName: jest.fn() }));

/** Deletes an object when it was listed, or looked at, before anything else is done with it. */
class Vanishing extends MemoryStore {
  override async *list(prefix: string, options?: ListOptions): AsyncGenerator<ObjectInfo> {
    for await (const object of super.list(prefix, options)) {
      if (object.path === "outputs/b") await super.delete(object.path);
      yield object;
    }
  }

  override async stat(path: string): Promise<ObjectInfo | undefined> {
    const info = await super.stat(path);
    if (path === "outputs/c") await super.delete(path);
    return info;
  }
}

/** A store that lists objects which it has no more. */
async function withoutOf(...gone: string[]): Promise<MemoryStore> {
  const store = new MemoryStore();
  for (const name of ["a", "b", "c", "d"]) await store.write(name, name);
  const read = store.read.bind(store);
  const missing = new StorageError("NOT_FOUND", "It was deleted.");
  store.read = (path, options) => (gone.includes(path) ? Promise.reject(missing) : read(path, options));
  return store;
}

const directory = newDirectory();
const url = () => `file://${join(directory.path, "other")}`;
const run = (args: string) => runCommand(args.split(" "), { cwd: directory.path });

beforeEach(async () => {
  const store = new Vanishing();
  for (const name of ["a", "b", "c"]) await store.write(`outputs/${name}`, name);
  jest
    .mocked(importByName)
    .mockImplementation((file) =>
      file.endsWith(".mjs") ? Promise.resolve({ default: () => ({ store }) }) : original(file),
    );
  await writeFile(join(directory.path, "coatcheck.config.mjs"), "");
});

describe("what goes while a command looks at a store", () => {
  it("is no failure of cp, which finds nothing to copy", async () => {
    const { exitCode, stdout, stderr } = await run(`cp ${url()} --yes --json`);
    expect([exitCode, stderr]).toEqual([0, ""]);
    expect(JSON.parse(stdout)).toEqual({ v: 1, dryRun: false, copied: 2, bytes: 2, gone: 1, failed: 0 });
    expect((await run("cp outputs/ copy/ --yes")).stdout).toBe("copied 2 (2 bytes)\n");
  });

  it("is said by cp of many, and a failure of cp of one", async () => {
    expect((await run("cp outputs/ copy/ --yes")).stdout).toBe("copied 2 (2 bytes)\ngone meanwhile 1\n");
    const { exitCode, stderr } = await run("cp outputs/c copy/c --yes");
    expect(exitCode).toBe(4);
    expect(stderr).toContain("NOT_FOUND");
  });

  it("is on one side to diff --content, or on none", async () => {
    const [from, to] = [await withoutOf("b", "d"), await withoutOf("c", "d")];
    const found = [];
    const { signal } = new AbortController();
    for await (const row of differences({ from, to, prefix: "", readsBytes: true, signal })) found.push(row);
    expect(found).toEqual([
      { path: "b", difference: "extra", otherSize: 1 },
      { path: "c", difference: "missing", size: 1 },
    ]);
  });

  it("does not hide what else fails", async () => {
    const read = jest.spyOn(MemoryStore.prototype, "read");
    read.mockRejectedValue(new StorageError("UNAVAILABLE", "The store is away."));
    try {
      expect((await run(`diff ${url()} --content`)).exitCode).toBe(12);
      expect((await run(`cp ${url()} --yes`)).exitCode).toBe(4);
    } finally {
      read.mockRestore();
    }
  });
});
