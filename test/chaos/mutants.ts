import { spawn } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";

/** A deliberate break of the source, and the cases that have to notice it. */
interface Mutant {
  readonly name: string;
  readonly file: string;
  /** What stands there once, and what takes its place. */
  readonly from: string;
  readonly to: string;
  readonly site: "memory" | "file";
}

const MUTANTS: readonly Mutant[] = [
  {
    name: "digests are not checked",
    file: "src/manager/fetch-entry.ts",
    from: "export function verifyEntry(",
    to: "export function verifyEntry(..._: unknown[]): void {}\nexport function notVerifyEntry(",
    site: "memory",
  },
  {
    name: "content is not synced",
    file: "src/store/drivers/file/publish.ts",
    from: "if (tree.fsync) await handle.sync();",
    to: "",
    site: "file",
  },
  {
    name: "directories are not synced",
    file: "src/store/drivers/file/publish.ts",
    from: "await tree.sync.syncEntry(place.root, place.directory);",
    to: "",
    site: "file",
  },
  {
    name: "the root's own entry is not synced",
    file: "src/store/drivers/file/store-root.ts",
    from: "await this.#sync.sync(directory);",
    to: "",
    site: "file",
  },
  {
    name: "an object has its name before it has its content",
    file: "src/store/drivers/file/publish.ts",
    from: "    await content.fill?.(handle);\n",
    to: "    const early = placeOf(path, root, tree.rules);\n    await putInPlace(file, early, true).catch(() => undefined);\n    await content.fill?.(handle);\n",
    site: "file",
  },
  {
    name: "temporary files are not removed after a failure",
    file: "src/store/drivers/file/publish.ts",
    from: "    await handle.close().catch(() => undefined);\n    await removeTemporary(file);\n",
    to: "    await handle.close().catch(() => undefined);\n",
    site: "file",
  },
  {
    name: "aborts are ignored by calls",
    file: "src/manager/deadline.ts",
    from: 'signal?.addEventListener("abort", onAbort, { once: true });',
    to: "",
    site: "memory",
  },
  {
    name: "aborts are ignored by what waits",
    file: "src/store/abort.ts",
    from: "  if (signal === undefined) return promise;\n",
    to: "  if (signal === undefined || !signal.aborted) return promise;\n",
    site: "memory",
  },
  {
    name: "a listener stays on the signal of the caller",
    file: "src/manager/deadline.ts",
    from: 'signal?.removeEventListener("abort", onAbort);',
    to: "",
    site: "memory",
  },
  {
    name: "the timer of a call is not cleared",
    file: "src/manager/deadline.ts",
    from: "clearTimeout(timer);",
    to: "",
    site: "memory",
  },
  {
    name: "a body that was consumed is sent again",
    file: "src/store/compose/layers/retry.ts",
    from: "{ repeatable: () => !replayable.spent }",
    to: "{}",
    site: "memory",
  },
  {
    name: "a reference precedes its object",
    file: "src/manager/dehydrate.ts",
    from: "await writer.write(object, groupSignal);",
    to: "void writer.write(object, groupSignal).catch(() => undefined);",
    site: "memory",
  },
  {
    name: "a write that fails is taken for one that succeeded",
    file: "src/manager/dehydrate.ts",
    from: "await writer.write(object, groupSignal);",
    to: "await writer.write(object, groupSignal).catch(() => undefined);",
    site: "memory",
  },
  {
    name: "half of a stream is taken for all of it",
    file: "src/manager/store-stream.ts",
    from: "if (!body.isWhole || info.size !== body.size) throw notWhole(path, writer);",
    to: "void info;",
    site: "memory",
  },
  {
    name: "temporary objects of streams stay",
    file: "src/manager/store-stream.ts",
    from: "    await writer.remove(temporary);\n",
    to: "",
    site: "memory",
  },
  {
    name: "bodies are not given back",
    file: "src/manager/read-bytes.ts",
    from: "giveUp(() => result.cancel());",
    to: "",
    site: "memory",
  },
  {
    name: "streams are not closed after a failure",
    file: "src/manager/store-sources.ts",
    from: "for (const { reader } of opened.values()) reader.close(error);",
    to: "",
    site: "memory",
  },
  {
    name: "look-alikes are not escaped",
    file: "src/reference/escape.ts",
    from: "return RESERVED.test(key) ? `$${key}` : key;",
    to: "return key;",
    site: "memory",
  },
  {
    name: "a damaged copy is cached",
    file: "src/store/compose/tiered/tiered-store.ts",
    from: "if (flight.current && !isDamaged) this.#keep(key, object);",
    to: "if (flight.current) this.#keep(key, object);",
    site: "memory",
  },
];

// What a mutant may survive; what catches it comes up long before.
const CASES = 1500;
const AT_A_TIME = 2;
const COPIED = ["src", "test/chaos", "test/support", "test/fixtures", "test/plan", "package.json", "tsconfig.json"];

/**
 * Shows that cases fail for each mutant; whether that is so.
 *
 * @param only what stands in the names of those to try
 */
export async function runMutants(say: (line: string) => void, only: string): Promise<boolean> {
  const left = MUTANTS.filter(({ name }) => name.includes(only));
  let good = true;
  const worker = async (): Promise<void> => {
    for (let mutant = left.shift(); mutant !== undefined; mutant = left.shift()) {
      const begin = performance.now();
      const caught = await catches(mutant);
      if (caught === undefined) good = false;
      const seconds = ((performance.now() - begin) / 1000).toFixed(0);
      say(
        `${caught === undefined ? "SURVIVED" : "caught  "} ${mutant.name} (${seconds} s): ${caught ?? "no case failed"}`,
      );
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, worker));
  return good;
}

/** What the first case that fails says; `undefined` if none does. */
async function catches({ file, from, to, site }: Mutant): Promise<string | undefined> {
  const copy = await mkdtemp(join(tmpdir(), "coatcheck-mutant-"));
  try {
    for (const path of COPIED) {
      await mkdir(dirname(join(copy, path)), { recursive: true });
      await cp(path, join(copy, path), { recursive: true });
    }
    await symlink(resolve("node_modules"), join(copy, "node_modules"));
    const source = await readFile(join(copy, file), "utf8");
    if (source.split(from).length !== 2) throw new Error(`What a mutant replaces does not stand in ${file} just once.`);
    await writeFile(
      join(copy, file),
      source.replace(from, () => to),
    );
    const args = ["--import", "tsx", "test/chaos/main.ts", "--cases", `${CASES}`, "--site", site];
    const { status, output } = await run(args, copy);
    const problem = output.split("\n").find((line) => /^(seed|the heap|At the end)/.test(line));
    if (status !== 0 && problem === undefined) throw new Error(`A mutant does not run:\n${output}`);
    return status === 0 ? undefined : problem;
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}

async function run(args: readonly string[], cwd: string): Promise<{ status: number | null; output: string }> {
  const child = spawn(process.execPath, args, { cwd, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  const take = (chunk: Buffer): void => void (output += chunk.toString());
  child.stdout.on("data", take);
  child.stderr.on("data", take);
  const status = await new Promise<number | null>((done) => child.once("close", done));
  return { status, output };
}
