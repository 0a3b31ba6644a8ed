import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { main } from "../../src/command/main.js";
import { readPayload } from "../../src/command/payload.js";
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
    const stream = new PassThrough();
    const code = await main(["hydrate"], { ...terminal, stdout: stream, stderr: stderrOf as never }, "1.2.3");
    expect([code, said.join("")]).toEqual([2, "coatcheck: What stdin gave is not UTF-8, as JSON must be.\n"]);
  });

  it("of more bytes than a string can have is refused, before the rest is read", async () => {
    let given = 0;
    const endless = function* () {
      for (;;) yield Buffer.alloc(++given && 1000, "a");
    };
    const { signal } = new AbortController();
    const stdin = Readable.from(endless());
    const terminal = {
      env: {},
      cwd: directory.path,
      stdin,
      stdout: new PassThrough(),
      stderr: new PassThrough(),
      signal,
    };
    await writeFile(path("large.json"), "1".repeat(5001));
    for (const [source, name] of [
      [undefined, "What stdin gave"],
      ["large.json", "large.json"],
    ] as const) {
      const failure: unknown = await readPayload(source, terminal, 5000).catch((error: unknown) => error);
      expect(failure).toMatchObject({
        exitCode: 5,
        message: expect.stringContaining(`${name} has more than 5000 bytes`),
      });
    }
    expect(given).toBeLessThan(50);
    expect(await readPayload("large.json", terminal, 5001)).toBe(Number("1".repeat(5001)));
  });

  it("that is nothing is called empty", async () => {
    const { exitCode, stderr } = await run(["hydrate"], " \n");
    expect([exitCode, stderr]).toEqual([2, "coatcheck: What stdin gave is empty.\n"]);
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
