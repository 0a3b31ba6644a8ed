import { parseArgs } from "node:util";

export const PARTS = ["compare", "shows", "trust", "size"] as const;
export type Part = (typeof PARTS)[number];

/** What a run is asked for. */
export interface BenchOptions {
  readonly isQuick: boolean;
  readonly parts: readonly Part[];
  /** Names; empty means all. */
  readonly cases: readonly string[];
  readonly contenders: readonly string[];
  readonly storages: readonly string[];
  readonly rounds: number;
  /** Folder for the results; undefined: `bench/results/`. */
  readonly output: string | undefined;
}

export const USAGE = `Usage: npm run bench -- [options]

  --quick              few rounds and small payloads: whether everything runs; what it measures says little
  --only <part>        compare, shows, trust or size; repeat it for more; default all
  --case <name>        one payload to compare with; repeat it for more
  --contender <name>   one contender to compare; repeat it for more
  --storage <name>     memory, s3-0ms or s3-30ms; repeat it for more
  --rounds <number>    processes for each contender and payload; default 5, quick 1
  --output <folder>    where the results go; default bench/results
  --help`;

/** @throws {TypeError} of arguments that are not there, or make no sense */
export function parseOptions(args: readonly string[]): BenchOptions | "help" {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: "boolean", default: false },
      only: { type: "string", multiple: true, default: [...PARTS] },
      case: { type: "string", multiple: true, default: [] },
      contender: { type: "string", multiple: true, default: [] },
      storage: { type: "string", multiple: true, default: [] },
      rounds: { type: "string" },
      output: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return "help";
  const unknown = values.only.find((part) => !PARTS.includes(part as Part));
  if (unknown !== undefined) throw new TypeError(`--only knows ${PARTS.join(", ")}, not "${unknown}".`);
  const rounds = Number(values.rounds ?? (values.quick ? 1 : 5));
  if (!Number.isInteger(rounds) || rounds < 1) throw new TypeError("--rounds takes a whole number from 1.");
  return {
    isQuick: values.quick,
    parts: PARTS.filter((part) => values.only.includes(part)),
    cases: values.case,
    contenders: values.contender,
    storages: values.storage,
    rounds,
    output: values.output,
  };
}
