import { spawn, type ChildProcessByStdio } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { FileStore } from "../../../../src/store/drivers/file/index.js";
import { compileSource, home } from "../../../support/compiled-source.js";
import { pathsOf, textOf, treeOf, useDirectories } from "./file-roots.js";

const newDirectory = useDirectories();

type Child = ChildProcessByStdio<Writable, Readable, null>;

let compiled: string;
let program: string;

// Compiled once: loading TypeScript would take each child three times as long as its work.
beforeAll(() => {
  compiled = compileSource("test/store/drivers/file/file-store-child.ts");
  program = join(compiled, "test/store/drivers/file/file-store-child.js");
});

afterAll(() => rmSync(compiled, { recursive: true }));

function start(command: "churn" | "dieAt" | "race", root: string, argument: number): Child {
  return spawn(process.execPath, [program, command, root, String(argument)], {
    stdio: ["pipe", "pipe", "inherit"],
    env: { NODE_PATH: join(home, "node_modules") },
  });
}

/** Starts a child and kills it at the given line of its report, unless it dies before. Returns what it reported. */
async function runUntilKilled(child: Child, lines = Infinity): Promise<string[]> {
  const reported: string[] = [];
  const exited = once(child, "exit");
  for await (const line of createInterface({ input: child.stdout })) {
    if (reported.push(line) === lines) child.kill("SIGKILL");
  }
  expect((await exited)[1]).toBe("SIGKILL");
  return reported;
}

/** The version of an object that is entire. */
function versionOf(content: string): number {
  const [version, digest] = content.split("\n", 2);
  const payload = content.slice(`${version}\n${digest}\n`.length);
  expect(createHash("sha256").update(payload).digest("hex")).toBe(digest);
  return Number(version);
}

/** What the next store on the root must find after a crash. */
async function expectIntact(root: string, acknowledged: Map<string, number>): Promise<void> {
  const store = new FileStore({ root, fsync: false });
  const paths = await pathsOf(store);
  for (const path of paths) {
    expect(path).toMatch(/^(kept\/[0-3]\/x\.json|gone\/[0-3]\/y)$/);
    const version = versionOf(await textOf(store, path));
    expect(version).toBeGreaterThanOrEqual(acknowledged.get(path) ?? 0);
  }
  for (const path of acknowledged.keys()) expect(paths).toContain(path);
  const files = (await treeOf(root)).filter((name) => /[.%]/.test(name));
  expect(files).toEqual(paths.map((path) => path.replace(/y$/, "y%file")).sort());
}

function acknowledge(acknowledged: Map<string, number>, reported: readonly string[]): void {
  for (const line of reported) {
    const [path, version] = line.split(" ");
    acknowledged.set(path!, Number(version));
  }
}

/** Runs a test twice at once, since starting processes takes its time. */
async function inLanes(
  test: (root: string, lane: number, acknowledged: Map<string, number>) => Promise<void>,
): Promise<void> {
  await Promise.all([0, 1].map(async (lane) => test(await newDirectory(), lane, new Map())));
}

describe("a process that is killed", () => {
  it("at any moment leaves whole objects and nothing else", async () => {
    await inLanes(async (root, lane, acknowledged) => {
      for (let kill = 0; kill < 13; kill++) {
        const child = start("churn", root, (kill + 1) * 10_000);
        acknowledge(acknowledged, await runUntilKilled(child, 1 + ((kill * 7 + lane * 3) % 23)));
        await expectIntact(root, acknowledged);
      }
    });
  }, 60_000);

  it("before any change of the file system leaves the same", async () => {
    await inLanes(async (root, lane, acknowledged) => {
      for (let kill = 0; kill < 13; kill++) {
        acknowledge(acknowledged, await runUntilKilled(start("dieAt", root, kill * 6 + lane * 3)));
        await expectIntact(root, acknowledged);
      }
    });
  }, 60_000);
});

describe("several processes", () => {
  it("that write one object if it is absent: one writer wins", async () => {
    const root = await newDirectory();
    const children = [1, 2, 3, 4].map(() => start("race", root, 25));
    const reports = children.map((child) => createInterface({ input: child.stdout })[Symbol.asyncIterator]());
    for (const lines of reports) expect((await lines.next()).value).toBe("ready");
    const exits = children.map((child) => once(child, "exit"));
    for (const child of children) child.stdin.end("go\n");
    const results = await Promise.all(
      reports.map(async (lines) => JSON.parse(String((await lines.next()).value)) as string[]),
    );
    await Promise.all(exits);
    expect(results.flat().sort()).toEqual([...Array<string>(99).fill("ALREADY_EXISTS"), "won"]);
    const winner = results.findIndex((each) => each.includes("won"));
    const store = new FileStore({ root });
    expect(await textOf(store, "one")).toBe(`${children[winner]!.pid!}-${results[winner]!.indexOf("won")}`);
    expect(await treeOf(root)).toEqual(["one%file"]);
  }, 30_000);
});
