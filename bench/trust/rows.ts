import { findCase, manyValues, madeCase } from "../cases.js";
import { runInChild } from "../measure/fork.js";
import { median } from "../measure/statistics.js";
import { writePayload } from "../payload/file.js";

/** What a child is to measure. */
export interface TrustJob {
  readonly payloadFile: string;
  /** ms of measuring, for each direction. */
  readonly budget: number;
}

/** Medians for one set-up. */
export interface TrustFigures {
  readonly setUp: string;
  readonly dehydrateMs: number;
  readonly hydrateMs: number;
  /** Bytes of the objects of one dehydration. */
  readonly storedBytes: number;
}

/** One set-up beside nothing, with one payload. */
export interface TrustRow extends TrustFigures {
  readonly case: string;
  /** Times that of the set-up with nothing on, measured in the same process, by turns. */
  readonly dehydrateRatio: number;
  readonly hydrateRatio: number;
  readonly storedRatio: number;
}

export interface TrustContext {
  readonly folder: string;
  /** Processes for each payload; the median of them counts. */
  readonly rounds: number;
  readonly isQuick: boolean;
  readonly progress: (what: string) => void;
}

const CHILD = new URL("./trust-child.js", import.meta.url);

/** Codecs and signing on a memory store, beside the same with nothing on. */
export async function measureTrust({ folder, rounds, isQuick, progress }: TrustContext): Promise<TrustRow[]> {
  const cases = isQuick
    ? [findCase("github-delivery")]
    : [findCase("github-delivery"), madeCase("wide", "1MB"), manyValues, findCase("github-batch")];
  const rows: TrustRow[] = [];
  for (const bench of cases) {
    const runs: TrustFigures[][] = [];
    for (let round = 0; round < rounds; round++) {
      progress(`codecs and signing, ${bench.name}, round ${round + 1}`);
      const job: TrustJob = { payloadFile: writePayload(bench, folder), budget: isQuick ? 200 : 6000 };
      runs.push(await runInChild<TrustFigures[]>(CHILD, job, { timeout: 300_000 }));
    }
    for (const [index, { setUp, storedBytes }] of runs[0]!.entries()) {
      const of = (pick: (figures: TrustFigures) => number): number => median(runs.map((run) => pick(run[index]!)));
      const over = (pick: (figures: TrustFigures) => number): number =>
        median(runs.map((run) => pick(run[index]!) / pick(run[0]!)));
      rows.push({
        case: bench.name,
        setUp,
        dehydrateMs: of(({ dehydrateMs }) => dehydrateMs),
        hydrateMs: of(({ hydrateMs }) => hydrateMs),
        storedBytes,
        dehydrateRatio: over(({ dehydrateMs }) => dehydrateMs),
        hydrateRatio: over(({ hydrateMs }) => hydrateMs),
        storedRatio: storedBytes / runs[0]![0]!.storedBytes,
      });
    }
  }
  return rows;
}
