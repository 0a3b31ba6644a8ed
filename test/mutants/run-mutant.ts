import { spawn, type ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import type { Mutant, SeenBy } from "./mutant.js";
import type { SourceCopy } from "./source-copy.js";

/** What became of a mutant. One that can't be run, or that breaks more than its promise, shows nothing: `broken`. */
export interface Verdict {
  readonly outcome: "caught" | "survived" | "broken";
  /** Of one that was caught: the test or case that failed first. */
  readonly by: string;
}

// A case that has to fail comes up long before.
const CASES = 1500;

// Milliseconds for one mutant. A test that hangs fails after 30 s; what is never idle would run for ever.
const TIME_LIMIT = 300_000;

const FEW_FILES = 4;

const SURVIVED: Verdict = { outcome: "survived", by: "" };

/** Runs a mutant, and ends what runs as soon as something fails. */
export async function runMutant(mutant: Mutant, copy: SourceCopy): Promise<Verdict> {
  try {
    return await copy.with(mutant, () => runSeers(mutant.seenBy, copy, TIME_LIMIT));
  } catch (error) {
    return { outcome: "broken", by: (error as Error).message };
  }
}

/** Runs tests or cases over the source as it stands in the copy. @param timeLimit ms */
export async function runSeers(seenBy: SeenBy, copy: SourceCopy, timeLimit: number): Promise<Verdict> {
  const args = "cases" in seenBy ? caseArguments(seenBy.cases) : testArguments(seenBy.tests);
  const judge = "cases" in seenBy ? judgeCaseLine : judgeTestLine;
  const { directory: cwd } = copy;
  // A group of its own, so that servers which tests have started end with it.
  const child = spawn(process.execPath, args, {
    cwd,
    env: await copy.environment(),
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  return verdictOf(child, judge, timeLimit);
}

function caseArguments(site: string): string[] {
  return ["--import", "tsx", "test/chaos/main.ts", "--cases", `${CASES}`, "--site", site];
}

function testArguments(tests: readonly string[]): string[] {
  // Of many files some are in the way of others, in one process: as `npm test` has them.
  const processes = tests.length > FEW_FILES ? ["--maxWorkers", "2"] : ["--runInBand"];
  const jest = ["node_modules/jest/bin/jest.js", ...processes, "--cacheDirectory", ".jest"];
  const paths = tests.map((test) => `test/${test}`);
  return [...jest, "--reporters", "<rootDir>/test/mutants/first-failure-reporter.mjs", "--runTestsByPath", ...paths];
}

function judgeCaseLine(line: string): Verdict | undefined {
  return /^(?:seed|the heap|At the end)/.test(line) ? { outcome: "caught", by: line } : undefined;
}

function judgeTestLine(line: string): Verdict | undefined {
  if (!line.startsWith("@@")) return undefined;
  const news = JSON.parse(line.slice(2)) as { failed?: string; broken?: string; message: string };
  if (news.failed === undefined) return { outcome: "broken", by: `${news.broken}: ${news.message}` };
  // The mutant is no program: that its promise is broken is not shown.
  if (/\b(?:Reference|Syntax)Error\b/.test(news.message)) return { outcome: "broken", by: news.message };
  return { outcome: "caught", by: news.failed };
}

function verdictOf(
  child: ChildProcess,
  judge: (line: string) => Verdict | undefined,
  timeLimit: number,
): Promise<Verdict> {
  return new Promise((resolve) => {
    let verdict: Verdict | undefined;
    const output: string[] = [];
    const kill = (): void => {
      try {
        process.kill(-child.pid!, "SIGKILL");
      } catch {
        // It has ended by itself.
      }
    };
    process.once("exit", kill);
    const end = (found: Verdict): void => {
      verdict ??= found;
      kill();
    };
    const late: Verdict = { outcome: "broken", by: `It has not ended within ${timeLimit / 1000} s.` };
    const timer = setTimeout(() => end(late), timeLimit);
    for (const stream of [child.stdout!, child.stderr!]) {
      createInterface({ input: stream }).on("line", (line) => {
        output.push(line);
        const found = verdict === undefined ? judge(line) : undefined;
        if (found !== undefined) end(found);
      });
    }
    child.once("close", (status) => {
      clearTimeout(timer);
      process.off("exit", kill);
      resolve(verdict ?? (status === 0 ? SURVIVED : { outcome: "broken", by: output.join("\n") }));
    });
  });
}
