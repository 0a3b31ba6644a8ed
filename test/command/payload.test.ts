import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { main } from "../../src/command/main.js";
import { newDirectory, runCommand } from "./run-command.js";

const directory = newDirectory();
const path = (name: string) => join(directory.path, name);
const run = (args: readonly string[], stdin = "") => runCommand(args, { cwd: directory.path, stdin });
const NOT_UTF8 = Buffer.from([...Buffer.from('{"a":"'), 0xff, 0xfe, ...Buffer.from('"}')]);

describe("a payload", () => {
  it("that is not UTF-8 is refused: other characters would take the place of its bytes", async () => {
    await writeFile(path("latin1.json"), NOT_UTF8);
    const { exitCode, stdout, stderr } = await run(["--store", `file://${path("store")}`, "dehydrate", "latin1.json"]);
    expect([exitCode, stdout]).toEqual([2, ""]);
    expect(stderr).toBe("coatcheck: latin1.json is not UTF-8, as JSON must be.\n");
    const said: string[] = [];
    const stderrOf = { write: (text: string) => said.push(text) };
    const stdin = Readable.from([NOT_UTF8]);
    const terminal = { env: {}, cwd: directory.path, stdin, signal: new AbortController().signal };
    const stream = new (await import("node:stream")).PassThrough();
    const code = await main(["hydrate"], { ...terminal, stdout: stream, stderr: stderrOf as never }, "1.2.3");
    expect([code, said.join("")]).toEqual([2, "coatcheck: What stdin gave is not UTF-8, as JSON must be.\n"]);
  });

  it("may begin with the mark that Windows writes, and so may a configuration", async () => {
    await writeFile(path("marked.json"), '\uFEFF{"a":"\uFEFFb"}');
    await writeFile(path("config.json"), `\uFEFF{"store":"file://${path("store")}"}`);
    expect((await run(["--config", "config.json", "hydrate", "marked.json"])).stdout).toBe('{"a":"\uFEFFb"}\n');
  });

  it.each(["explain", "dehydrate", "hydrate", "inspect", "cat", "verify"])(
    "of no name is refused by %s",
    async (verb) => {
      const { exitCode, stderr } = await run(["--store", `file://${path("store")}`, verb, ""]);
      expect([exitCode, stderr]).toEqual([2, "coatcheck: The name of the payload's file is empty: - is stdin.\n"]);
    },
  );
});

describe("the path of an object", () => {
  const name = `outputs/run/${"a".repeat(64)}.json`;

  beforeAll(async () => {
    await mkdir(dirname(path(name)), { recursive: true });
    await writeFile(path(name), '{"contentType":"json","data":1}');
    await writeFile(path("outputs/own.json"), "[1]");
  });

  it.each(["cat", "inspect"])(
    "is one to %s in the directory of the store too, where there is a file of its name",
    async (verb) => {
      const { exitCode, stdout } = await run(["--store", `file://${directory.path}`, verb, name]);
      expect(exitCode).toBe(0);
      expect(stdout).toContain(verb === "cat" ? '{"contentType":"json","data":1}' : `path          ${name}`);
    },
  );

  it("is a file where it has another name, or can be no path", async () => {
    const args = ["--store", `file://${directory.path}`, "inspect", "--json"];
    expect((await run([...args, "outputs/own.json"])).stdout).toBe('{"v":1,"references":[],"missing":0}\n');
    expect((await run([...args, `./${name}`])).stdout).toBe('{"v":1,"references":[],"missing":0}\n');
  });
});
