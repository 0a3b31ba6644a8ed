// Runs one verb over many objects in a process of its own, and prints what that took.
import { Readable, Writable } from "node:stream";
import { peakMemory } from "../../bench/measure/memory.js";
import { Output } from "../../src/command/terminal/output.js";
import { Progress } from "../../src/command/terminal/progress.js";
import type { RunVerb, VerbCall } from "../../src/command/verb.js";
import { run as cp } from "../../src/command/verbs/cp.js";
import { run as diff } from "../../src/command/verbs/diff.js";
import { run as du } from "../../src/command/verbs/du.js";
import { run as gc } from "../../src/command/verbs/gc.js";
import { run as ls } from "../../src/command/verbs/ls.js";
import { run as verify } from "../../src/command/verbs/verify.js";
import { StorageManager } from "../../src/manager/storage-manager.js";
import { VastStore } from "./vast-store.js";

/** What a run took. */
export interface Taken {
  /** Lines that were printed. */
  readonly lines: number;
  readonly written: number;
  readonly deleted: number;
  /** The most that the process took at any time, in MiB. */
  readonly mebibytes: number;
  /** Of the processor. */
  readonly seconds: number;
}

const RUNS: Readonly<Record<string, readonly [RunVerb, options: object, ...args: string[]]>> = {
  ls: [ls, {}],
  "du --by scope": [du, { by: "scope" }],
  "du --by age": [du, { by: "age" }],
  "du --by kind": [du, { by: "kind" }],
  "gc --dry-run --explain": [gc, { dryRun: true, explain: true }],
  gc: [gc, { yes: true }],
  "verify --all": [verify, { all: true }],
  diff: [diff, {}, "vast://gaps", "vast://tenths"],
  "cp of what lacks": [cp, { yes: true }, "vast://full", "vast://gaps"],
  "cp within a store": [cp, { yes: true }, "outputs/", "copies/"],
};

async function main(name: string, objects: number): Promise<void> {
  const [run, options, ...args] = RUNS[name]!;
  const full = new VastStore(objects);
  const gaps = new VastStore(objects, (index) => index % 2 === 1);
  const tenths = new VastStore(objects, (index) => index % 10 === 0);
  const stores: Readonly<Record<string, VastStore>> = { "vast://gaps": gaps, "vast://tenths": tenths };
  let lines = 0;
  const stdout = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, at + 1)) lines++;
      done();
    },
  });
  const { signal } = new AbortController();
  const terminal = { env: {}, cwd: "/", stdin: Readable.from([]), stdout, stderr: new Writable(), signal };
  const manager = new StorageManager({ store: full });
  const call = {
    ...{ args, options, terminal, signal },
    ...{ output: new Output(stdout, "jsonl", signal), progress: new Progress(terminal) },
    manager: () => Promise.resolve(manager),
    store: () => Promise.resolve(full),
    storeAt: (url: string) => Promise.resolve(stores[url] ?? full),
    storageOf: () => Promise.resolve(undefined),
    say: () => undefined,
    goOnWith: () => undefined,
  } as unknown as VerbCall;
  // Not what the system tells of the whole life of a process: that begins with the memory of the one that started it.
  const idle = process.memoryUsage.rss();
  const above = await peakMemory(async () => run(call));
  const { user, system } = process.cpuUsage();
  const taken: Taken = {
    lines,
    written: full.counts.written + gaps.counts.written,
    deleted: full.counts.deleted,
    mebibytes: Math.round((idle + above) / 1_048_576),
    seconds: (user + system) / 1e6,
  };
  process.stdout.write(JSON.stringify(taken));
}

void main(process.argv[2]!, Number(process.argv[3]));
