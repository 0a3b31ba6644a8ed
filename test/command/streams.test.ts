import { join } from "node:path";
import { PassThrough, Readable, Writable } from "node:stream";
import { main } from "../../src/command/main.js";
import { Rows } from "../../src/command/rows.js";
import { newDirectory, runCommand } from "./run-command.js";

const directory = newDirectory();
const url = (name: string) => `file://${join(directory.path, name)}`;
const SCOPES = 30;

beforeAll(async () => {
  for (let scope = 0; scope < SCOPES; scope++) {
    const args = ["--store", url("store"), "dehydrate", "--scope", `run-${scope}`];
    await runCommand(args, { stdin: JSON.stringify(`${scope}`.repeat(2000)) });
  }
});

/** Runs `ls` with an stdout of its own, and gives the exit code and what stderr got. */
async function list(stdout: Writable, signal: AbortSignal, isTTY = false): Promise<[number, string]> {
  const stderr = Object.assign(new PassThrough(), { isTTY });
  const terminal = { env: {}, cwd: directory.path, stdin: Readable.from([]), stdout, stderr, signal };
  const exitCode = await main(["--store", url("store"), "ls", "--jsonl"], terminal, "1.2.3");
  return [exitCode, String((stderr.read() as Buffer | null) ?? "")];
}

it("a reader that has seen enough ends it quietly", async () => {
  let lines = 0;
  const head = new Writable({
    write: (_chunk, _encoding, done) =>
      done(++lines < 3 ? null : Object.assign(new Error("write EPIPE"), { code: "EPIPE" })),
  });
  expect(await list(head, new AbortController().signal)).toEqual([0, ""]);
  expect(lines).toBe(3);
});

/** Fails with a code when it is written to. */
function failing(code: string): Writable {
  return new Writable({
    write: (_chunk, _encoding, done) => done(Object.assign(new Error(`write ${code}`), { code })),
  });
}

async function say(args: readonly string[], stdout: Writable): Promise<[number, string]> {
  const stderr = new PassThrough();
  const stdin = Readable.from([Buffer.from(JSON.stringify("x".repeat(2000)))]);
  const { signal } = new AbortController();
  const terminal = { env: {}, cwd: directory.path, stdin, stdout, stderr, signal };
  const exitCode = await main(args, terminal, "1.2.3");
  await turns(3);
  return [exitCode, String((stderr.read() as Buffer | null) ?? "")];
}

it.each(["--help", "completion bash", "dehydrate --scope full"])(
  "results that can't be written are a failure, of %s too, unless nobody reads them",
  async (words) => {
    const args = ["--store", url("full"), ...words.split(" ")];
    const told = "coatcheck: the results can't be written: ENOSPC\n";
    expect(await say(args, failing("ENOSPC"))).toEqual([1, told]);
    expect(await say(args, failing("EPIPE"))).toEqual([0, ""]);
  },
);

it("a reader that leaves early waits until the work has cleaned up, such as a doctor after an abort", async () => {
  const rows = new Rows<string>();
  const steps: string[] = [];
  const work = async (): Promise<void> => {
    await rows.add("first");
    await rows.add("nobody reads it");
    steps.push("cleaned up");
    throw new Error("aborted");
  };
  for await (const row of rows.of(work())) {
    steps.push(row);
    break;
  }
  expect(steps).toEqual(["first", "cleaned up"]);
});

it("a reader that leaves while gc waits for it does not hold it up", async () => {
  const args = ["--store", url("store"), "gc", "--dry-run", "--explain", "--jsonl"];
  expect(await say(args, failing("EPIPE"))).toEqual([0, ""]);
});

it("Ctrl-C while nobody reads the last line ends it with 130", async () => {
  const interruption = new AbortController();
  const stuck = new Writable({ write: () => void setImmediate(() => interruption.abort()) });
  const stderr = new PassThrough();
  const terminal = { env: {}, cwd: directory.path, stdin: Readable.from([]), stdout: stuck, stderr };
  expect(await main(["completion", "bash"], { ...terminal, signal: interruption.signal }, "1.2.3")).toBe(130);
});

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise(setImmediate);
}

it("a reader that is slow holds it up: no more is listed than is read", async () => {
  const waiting: number[] = [];
  const slow = new Writable({
    highWaterMark: 1,
    write: (_chunk, _encoding, done) => {
      void turns(20).then(() => {
        waiting.push(slow.writableLength);
        done();
      });
    },
  });
  expect((await list(slow, new AbortController().signal))[0]).toBe(0);
  expect(waiting).toHaveLength(SCOPES);
  expect(Math.max(...waiting)).toBeLessThan(400); // bytes: one line, and not two
});

it("Ctrl-C ends it with 130, and says how to go on: nothing is listed twice, nothing left out", async () => {
  const interruption = new AbortController();
  const lines: string[] = [];
  const stdout = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      if (lines.push(chunk.toString()) === 5) interruption.abort();
      done();
    },
  });
  const [exitCode, stderr] = await list(stdout, interruption.signal);
  expect(exitCode).toBe(130);
  const [, after] = /^coatcheck: interrupted; to go on, say the same with --start-after (".*")\n$/.exec(stderr)!;
  const rest = await runCommand([
    "--store",
    url("store"),
    "ls",
    "--jsonl",
    "--start-after",
    JSON.parse(after!) as string,
  ]);
  const whole = await runCommand(["--store", url("store"), "ls", "--jsonl"]);
  const seen = lines.join("").trim().split("\n");
  const last = seen.findIndex((line) => line.includes(JSON.parse(after!) as string));
  expect(last).toBeGreaterThan(0);
  const both = [...seen.slice(0, last + 1), ...rest.stdout.trim().split("\n")];
  expect(both).toEqual(whole.stdout.trim().split("\n"));
});

it("titles and colours are for people, and NO_COLOR is heard", async () => {
  const seen = await runCommand(["--store", url("store"), "ls", "--limit", "1"], { isTTY: true });
  expect(seen.stdout).toMatch(/^ +SIZE {2}MODIFIED/);
  const piped = await runCommand(["--store", url("store"), "ls", "--limit", "1"]);
  expect(piped.stdout).not.toContain("SIZE");
  const red = await runCommand(["--store", url("store"), "cat", "nothing"], { isTTY: true });
  expect(red.stderr).toContain("\u001b[31mcoatcheck:");
  for (const env of [{ NO_COLOR: "1" }, { TERM: "dumb" }]) {
    const plain = await runCommand(["--store", url("store"), "cat", "nothing"], { isTTY: true, env });
    expect(plain.stderr).not.toContain("\u001b[3");
  }
});

it("names that would move the cursor are written as they are called", async () => {
  const args = ["--store", url("odd"), "explain", "--limit", "1"];
  const { stdout } = await runCommand(args, { stdin: JSON.stringify({ "\u001b[2J\u202e\u2028": "x".repeat(2000) }) });
  expect(stdout).toContain("u{202e}");
  expect(stdout).not.toMatch(/[\u001b\u202e\u2028]/);
  for (const verb of [
    ["release", "odd\u202e"],
    ["cat", "odd\u202e"],
  ]) {
    const { stderr } = await runCommand(["--store", url("odd"), ...verb], {
      isTTY: true,
      stdin: "\n",
      env: { NO_COLOR: "1" },
    });
    expect(stderr).toContain("odd\\u{202e}");
    expect(stderr).not.toContain("\u202e");
  }
});

it("help reads in one screen of 40 lines and 100 columns", async () => {
  const { stdout } = await runCommand(["--help"]);
  const lines = stdout.trimEnd().split("\n");
  expect(lines.length).toBeLessThanOrEqual(40);
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100);
});
