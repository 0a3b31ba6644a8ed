import { PassThrough, Readable } from "node:stream";
import { Output } from "../../src/command/terminal/output.js";
import { Progress } from "../../src/command/terminal/progress.js";
import type { VerbCall } from "../../src/command/verb.js";
import { run } from "../../src/command/verbs/cp.js";
import { StorageError } from "../../src/errors/error.js";
import type { ObjectInfo } from "../../src/store/store.js";
import { VastStore } from "./vast-store.js";

const COUNT = 30;

/** An empty store, and what becomes of the copies that it is sent. */
class Target extends VastStore {
  readonly came: string[] = [];

  constructor(private readonly answer: (index: number) => Promise<unknown> | undefined) {
    super(0);
  }

  override async write(path: string): Promise<ObjectInfo> {
    const index = this.came.push(path) - 1;
    await this.answer(index);
    return { path, size: 10 };
  }
}

/** Copies to a target until nothing more can be done. @returns which of the paths it would go on after */
async function copy(target: Target, to = "vast://target"): Promise<number[]> {
  const told: string[] = [];
  const stop = new AbortController();
  const { signal } = stop;
  const stdout = new PassThrough();
  const terminal = { env: {}, cwd: "/", stdin: Readable.from([]), stdout, stderr: stdout, signal };
  const source = new VastStore(COUNT);
  const running = run({
    ...{ args: to.includes(":") ? ["vast://source", to] : ["outputs/", to], options: { yes: true }, terminal, signal },
    ...{ output: new Output(stdout, "json", signal), progress: new Progress(terminal), say: () => undefined },
    storageOf: () => Promise.resolve(undefined),
    storeAt: (url: string) => Promise.resolve(url.endsWith("source") ? source : target),
    store: () => Promise.resolve(source),
    goOnWith: (flags: string) => told.push(flags),
  } as unknown as VerbCall);
  for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate);
  stop.abort();
  await running.catch(() => undefined);
  return told.map((flags) => target.came.indexOf(/"(.*)"/.exec(flags)![1]!));
}

describe("cp that is interrupted", () => {
  it("goes on after the last copy before those that were under way", async () => {
    const hangs = new Promise(() => undefined);
    const told = await copy(new Target((index) => (index === 12 ? hangs : undefined)));
    expect(told.at(-1)).toBe(11);
    expect(told).toEqual([...told].sort((one, other) => one - other));
  });

  it("goes on after the end where all were made", async () => {
    expect((await copy(new Target(() => undefined))).at(-1)).toBe(COUNT - 1);
  });

  it("passes over no copy that failed", async () => {
    const told = await copy(
      new Target((index) => (index === 12 ? Promise.reject(new StorageError("UNAVAILABLE", "No.", {})) : undefined)),
    );
    expect(told.at(-1)).toBeLessThan(12);
  });

  it("names no flag that copies within a store do not take", async () => {
    expect(await copy(new Target(() => undefined), "copies/")).toEqual([]);
  });
});
