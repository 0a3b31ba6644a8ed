import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable, Writable } from "node:stream";
import { main } from "../../src/command/main.js";

/** What a run of the command left behind. */
export interface Ran {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What a run finds. */
export interface Surroundings {
  readonly stdin?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** Whether a person sits before it, who types `stdin`. */
  readonly isTTY?: boolean;
  readonly signal?: AbortSignal;
}

/** Runs the command in this process. */
export async function runCommand(args: readonly string[], given: Surroundings = {}): Promise<Ran> {
  const { stdin = "", env = {}, cwd = tmpdir(), isTTY = false, signal = new AbortController().signal } = given;
  const [stdout, stderr] = [new Collected(isTTY), new Collected(isTTY)];
  const input = isTTY ? typed(stdin) : Readable.from([Buffer.from(stdin)]);
  const terminal = { env, cwd, stdin: Object.assign(input, { isTTY }), stdout, stderr, signal };
  const exitCode = await main(args, terminal, "1.2.3");
  return { exitCode, stdout: stdout.text, stderr: stderr.text };
}

/** The command while it runs: what it says first, what ends it, and what it said besides. */
export interface Running {
  readonly said: string;
  readonly end: () => Promise<number>;
  readonly stderr: () => string;
}

/** Runs the command in this process until it is told to end. */
export async function beginCommand(
  args: readonly string[],
  { env = {}, cwd = tmpdir() }: Pick<Surroundings, "env" | "cwd">,
): Promise<Running> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const stop = new AbortController();
  const exit = main(args, { env, cwd, stdin: Readable.from([]), stdout, stderr, signal: stop.signal }, "1.2.3");
  const end = (): Promise<number> => {
    stop.abort(new Error("Interrupted."));
    return exit;
  };
  const [said] = (await Promise.race([
    once(stdout, "data"),
    exit.then((code) => Promise.reject(new Error(`exit ${code}: ${String(stderr.read())}`))),
  ])) as [Buffer];
  return { said: said.toString(), end, stderr: () => String(stderr.read() ?? "") };
}

/** A terminal stays open after what was typed. */
function typed(text: string): Readable {
  const keys = new PassThrough();
  keys.write(text);
  return keys;
}

class Collected extends Writable {
  readonly #chunks: Buffer[] = [];

  constructor(readonly isTTY: boolean) {
    super();
  }

  override _write(chunk: Buffer, _: string, done: () => void): void {
    this.#chunks.push(chunk);
    done();
  }

  get text(): string {
    return Buffer.concat(this.#chunks).toString();
  }
}

/** A directory for a store and files, that goes after the tests of a file. */
export function newDirectory(): { path: string } {
  const directory = { path: "" };
  beforeAll(async () => {
    directory.path = await mkdtemp(join(tmpdir(), "coatcheck-command-"));
  });
  afterAll(() => rm(directory.path, { recursive: true, force: true }));
  return directory;
}
