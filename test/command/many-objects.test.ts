import { createHash } from "node:crypto";
import { Readable, Writable } from "node:stream";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { ListOptions, ObjectInfo } from "../../src/store/store.js";
import { MemoryStore } from "../../src/store/drivers/memory-store.js";
import { differences } from "../../src/command/differences.js";
import { Output } from "../../src/command/terminal/output.js";
import { run as ls } from "../../src/command/verbs/ls.js";
import { run as du } from "../../src/command/verbs/du.js";
import { run as gc } from "../../src/command/verbs/gc.js";
import { StorageManager } from "../../src/manager/storage-manager.js";
import type { VerbCall } from "../../src/command/verb.js";
import { Progress } from "../../src/command/terminal/progress.js";

// As many as the machine is asked for: `COATCHECK_MANY=1000000 npx jest test/command/many-objects.test.ts`.
const COUNT = Number(process.env["COATCHECK_MANY"] ?? 20_000);
const MOST_MEMORY = 20 * 1024 * 1024;
const WRITTEN = new Date(Date.UTC(2026, 0, 1));

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

/** Bytes of the heap that something holds. */
function heldMemory(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

/** A store of so many objects that are nowhere: its listing makes them up. */
class VastStore extends MemoryStore {
  constructor(private readonly isLacking: (index: number) => boolean = () => false) {
    super();
  }

  override async *list(prefix: string, { startAfter = "" }: ListOptions = {}): AsyncGenerator<ObjectInfo> {
    for (let index = 0; index < COUNT; index++) {
      const hex = createHash("sha1").update(String(index)).digest("hex").padEnd(64, "0");
      const path = `outputs/${String(index).padStart(7, "0")}/${hex}.json`;
      if (!path.startsWith(prefix) || path <= startAfter || this.isLacking(index)) continue;
      if (index % 1000 === 0) await new Promise(setImmediate);
      yield { path, size: 10, lastModified: WRITTEN };
    }
  }
}

/** What a verb prints, without keeping it, and how much the heap grew at the most. */
async function measure(
  run: (call: VerbCall) => Promise<unknown>,
  options: object,
): Promise<{ lines: number; grown: number }> {
  let lines = 0;
  let most = 0;
  const before = heldMemory();
  const stdout = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      lines += chunk.toString().split("\n").length - 1;
      if (lines % (COUNT / 4) === 0) most = Math.max(most, heldMemory() - before);
      done();
    },
  });
  const { signal } = new AbortController();
  const manager = new StorageManager({ store: new VastStore() });
  const terminal = { env: {}, cwd: "/", stdin: Readable.from([]), stdout, stderr: new Writable(), signal };
  const call = {
    ...{
      args: [],
      options,
      terminal,
      signal,
      output: new Output(stdout, "jsonl", signal),
      progress: new Progress(terminal),
    },
    ...{ manager: () => Promise.resolve(manager), say: () => undefined, goOnWith: () => undefined },
  };
  await run(call as unknown as VerbCall);
  return { lines, grown: most };
}

describe(`of ${COUNT} objects`, () => {
  it.each([
    ["ls", ls, {}, COUNT],
    ["du", du, { by: "scope" }, COUNT],
    ["du --by age", du, { by: "age" }, 1],
    ["du --by kind", du, { by: "kind" }, 1],
    ["gc --dry-run --explain", gc, { dryRun: true, explain: true }, COUNT],
  ] as const)("%s tells all, in little memory", async (_, run, options, lines) => {
    const measured = await measure(run, options);
    expect(measured.lines).toBe(lines);
    expect(measured.grown).toBeLessThan(MOST_MEMORY);
  });

  it("diff finds what either lacks, in the memory of a page", async () => {
    const [from, to] = [new VastStore((index) => index % 1000 === 7), new VastStore((index) => index % 500 === 3)];
    const counts = { missing: 0, extra: 0, differs: 0 };
    let seen = 0;
    const before = heldMemory();
    const { signal } = new AbortController();
    for await (const { difference } of differences({ from, to, prefix: "", signal, onPath: () => seen++ }))
      counts[difference]++;
    expect(counts).toEqual({ missing: COUNT / 500, extra: COUNT / 1000, differs: 0 });
    expect(seen).toBe(COUNT);
    expect(heldMemory() - before).toBeLessThan(MOST_MEMORY);
  });
});
