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
