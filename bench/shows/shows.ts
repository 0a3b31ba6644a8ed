import type { BenchCase } from "../case.js";
import { fewerValues, fewValues, madeCase, manyValues } from "../cases.js";
import { FLOOR, OURS, OWN_CONTENDERS } from "../contenders/index.js";
import { compare } from "../measure/compare.js";
import { runInChild } from "../measure/fork.js";
import { isMeasured, type CompareRow } from "../measure/row.js";
import { median } from "../measure/statistics.js";
import { writePayload } from "../payload/file.js";
import type { BenchServer } from "../s3/start.js";
import { ServerControl } from "../s3/control.js";
import { measure, ms, unmeasured, type Measure } from "./measure.js";
import type { Few, Many, Ratios, ShowJob, Small, Stalls, StreamIn, StreamOut } from "./worker.js";

export interface ShowContext {
  readonly server: BenchServer;
  /** Where payloads are written. */
  readonly folder: string;
  /** Processes for each job; the median of them counts. */
  readonly rounds: number;
  /** Fewer and smaller payloads, to see that everything runs: what it measures says little. */
  readonly isQuick: boolean;
  readonly progress: (what: string) => void;
}

const TIMEOUT = 300_000;
const LATENCY = 30;
const CONCURRENCY = 16;
const CHILD = new URL("./show-child.js", import.meta.url);
const MIB = 1024 ** 2;

/** Takes every measure that the project promises of itself alone. */
export async function takeMeasures(context: ShowContext): Promise<Measure[]> {
  const parts = [ratioMeasures, scaleMeasures, smallMeasures, manyMeasures, fewMeasures, streamMeasures, stallMeasures];
  const measures: Measure[] = [];
  for (const part of parts) measures.push(...(await part(context)));
  return measures;
}

async function ratioMeasures(context: ShowContext): Promise<Measure[]> {
  const sizes = context.isQuick ? ["1MB"] : ["1MB", "10MB"];
  const cases = sizes.flatMap((size) => (["wide", "flat", "deep"] as const).map((shape) => madeCase(shape, size)));
  const found = await everyRound(cases, context);
  const of = (bench: BenchCase, name: string, reach: number, over: keyof Ratios, under: keyof Ratios) => {
    const label = `${name}, ${bench.name}`;
    const ratio = found.get(bench.name)!;
    if (ratio instanceof Error) return unmeasured(label, { reach, unit: "times" }, ratio);
    const note = `${ms(ratio[over])} / ${ms(ratio[under])}`;
    return measure(label, { reach, unit: "times", measured: ratio[over] / ratio[under], note });
  };
  const isSmall = ({ size }: BenchCase): boolean => size <= 1e6;
  const even = cases.filter(({ shape }) => shape !== "deep");
  const nested = cases.filter(({ shape }) => shape === "deep");
  return [
    ...even.map((bench) => of(bench, "plan / stringify", isSmall(bench) ? 1 : 0.8, "planMs", "stringifyMs")),
    ...even.map((bench) =>
      of(bench, "dehydrate / stringify", isSmall(bench) ? 1.8 : 1.5, "dehydrateMs", "stringifyMs"),
    ),
    ...nested.map((bench) => of(bench, "dehydrate / stringify, nested 200", 1.5, "dehydrateMs", "stringifyMs")),
    ...cases.map((bench) => of(bench, "hydrate / parse", 2, "hydrateMs", "parseMs")),
  ];
}

type Found = Ratios | Error;

/** Runs each case in a process of its own, round by round. */
async function everyRound(cases: readonly BenchCase[], context: ShowContext): Promise<Map<string, Found>> {
  const runs = new Map<string, Found[]>(cases.map(({ name }) => [name, []]));
  for (let round = 0; round < context.rounds; round++) {
    for (const bench of cases) {
      context.progress(`ratios, ${bench.name}, round ${round + 1}`);
      const budget = context.isQuick ? 300 : bench.size > 1e6 ? 3000 : 1000;
      const job: ShowJob = { worker: "ratios", payloadFile: writePayload(bench, context.folder), budget };
      runs.get(bench.name)!.push(await attempt(() => run<Ratios>(job)));
    }
  }
  return new Map([...runs].map(([name, found]) => [name, medianOf(found)]));
}

function medianOf(found: readonly Found[]): Found {
  const ratios = found.filter((one): one is Ratios => !(one instanceof Error));
  if (ratios.length < found.length) return found.find((one) => one instanceof Error)!;
  const keys = Object.keys(ratios[0]!) as (keyof Ratios)[];
  const medians = keys.map((key) => [key, median(ratios.map((one) => one[key]))] as const);
  return Object.fromEntries(medians) as unknown as Ratios;
}

/** Ten times the payload: each operation in a process of its own, since what another leaves in a heap would count. */
async function scaleMeasures(context: ShowContext): Promise<Measure[]> {
  const [smaller, larger] = ["10MB", "100MB"].map((size) => madeCase("wide", size));
  if (context.isQuick) return [];
  const limit = { reach: 11, unit: "times" } as const;
  const rowsOf = async (bench: BenchCase): Promise<readonly CompareRow[]> => {
    context.progress(`scale, ${bench.name}`);
    const storage = { name: "memory" };
    const contenders = OWN_CONTENDERS.filter(({ name }) => name === OURS || name === FLOOR);
    const plan = { bench, storage, contenders, rounds: context.rounds, budget: bench.size / 2e4 };
    return compare(plan, undefined, context.folder);
  };
  const small = await rowsOf(smaller!);
  const large = await rowsOf(larger!);
  return (["dehydrate", "hydrate"] as const).map((direction) => {
    const name = `${direction} 100 MB / 10 MB`;
    const timesOf = (contender: string) => [large, small].map((rows) => timeOf(rows, contender, direction));
    const [over, under] = timesOf(OURS);
    const [floorOver, floorUnder] = timesOf(FLOOR);
    if (over === undefined || under === undefined) return unmeasured(name, limit, new Error(problemIn(large, small)));
    const itself = ((floorOver ?? NaN) / (floorUnder ?? NaN)).toFixed(1);
    const floor = direction === "dehydrate" ? "JSON.stringify" : "JSON.parse";
    const note = `${ms(over)} / ${ms(under)}; ${floor} itself: ${itself}`;
    return measure(name, { ...limit, measured: over / under, note });
  });
}

function timeOf(
  rows: readonly CompareRow[],
  contender: string,
  direction: "dehydrate" | "hydrate",
): number | undefined {
  const row = rows.find((one) => one.contender === contender);
  return row !== undefined && isMeasured(row) ? row[direction].ms.median : undefined;
}

function problemIn(...all: readonly (readonly CompareRow[])[]): string {
  const row = all.flat().find((one) => !isMeasured(one));
  return JSON.stringify(row);
}

async function smallMeasures(context: ShowContext): Promise<Measure[]> {
  context.progress("payloads under the threshold");
  const payloadFiles = [madeCase("wide", "200B"), madeCase("wide", "900B")].map((one) =>
    writePayload(one, context.folder),
  );
  const job: ShowJob = { worker: "small", payloadFiles, budget: context.isQuick ? 100 : 1500 };
  const found = await attempt(() => run<Small[]>(job));
  const name = "under the threshold / stringify";
  if (found instanceof Error) return [unmeasured(name, { reach: 1, unit: "times" }, found)];
  return found.map(({ bytes, stringifyMs, planMs, dehydrateMs }) => {
    const ns = (value: number): string => `${(value * 1e6).toFixed(0)} ns`;
    const note = `await dehydrate() ${ns(dehydrateMs)} / ${ns(stringifyMs)}; plan() ${ns(planMs)}`;
    return measure(`${name}, ${bytes} B`, { reach: 1, unit: "times", measured: dehydrateMs / stringifyMs, note });
  });
}

async function manyMeasures(context: ShowContext): Promise<Measure[]> {
  context.progress(manyValues.name);
  const { server } = context;
  await new ServerControl(server.control).clear();
  const payloadFile = writePayload(manyValues, context.folder);
  const s3 = server.target(LATENCY);
  const rounds = context.isQuick ? 3 : 15;
  const found = await attempt(() => run<Many>({ worker: "many", payloadFile, s3, control: server.control, rounds }));
  const at = `1,350 values of 2 KiB at ${LATENCY} ms`;
  if (found instanceof Error) return [unmeasured(at, { reach: 150, unit: "ms" }, found)];
  const note = `median of ${rounds}; ${found.others} other requests`;
  return [
    measure(`${at}: PUTs`, { reach: 2, unit: "requests", measured: found.puts, note }),
    measure(`${at}: GETs`, { reach: 2, unit: "requests", measured: found.gets, note }),
    measure(`${at}: dehydrate`, { reach: 150, unit: "ms", measured: found.dehydrateMs, note }),
    measure(`${at}: hydrate`, { reach: 150, unit: "ms", measured: found.hydrateMs, note }),
  ];
}

async function fewMeasures(context: ShowContext): Promise<Measure[]> {
  const bench = context.isQuick ? fewerValues : fewValues;
  const count = bench.size / MIB;
  context.progress(bench.name);
  await new ServerControl(context.server.control).clear();
  const payloadFile = writePayload(bench, context.folder);
  const s3 = context.server.target(LATENCY);
  const rounds = context.isQuick ? 1 : 5;
  const found = await attempt(() => run<Few>({ worker: "few", payloadFile, s3, concurrency: CONCURRENCY, rounds }));
  const at = `${count} values of 1 MiB at ${LATENCY} ms, ${CONCURRENCY} at a time`;
  if (found instanceof Error) return [unmeasured(at, { reach: 1.2, unit: "times" }, found)];
  const latencyAlone = ms(Math.ceil(count / CONCURRENCY) * LATENCY);
  const of = (name: string, ours: number, loop: number, call: string): Measure => {
    const note = `${ms(ours)} / ${ms(loop)} of a bare loop of ${call}; latency alone: ${latencyAlone}`;
    return measure(`${at}: ${name}`, { reach: 1.2, unit: "times", measured: ours / loop, note });
  };
  return [
    of("dehydrate", found.dehydrateMs, found.putLoopMs, "PutObject"),
    of("hydrate", found.hydrateMs, found.getLoopMs, "GetObject"),
  ];
}

async function streamMeasures(context: ShowContext): Promise<Measure[]> {
  const bytes = context.isQuick ? 64 * MIB : 1024 * MIB;
  context.progress("stream");
  await new ServerControl(context.server.control).clear();
  const name = `stream of ${bytes / MIB} MiB`;
  const limit = { reach: 64 * MIB, unit: "bytes" } as const;
  const s3 = context.server.target(0);
  const into = await attempt(() => run<StreamIn>({ worker: "streamIn", bytes, s3 }));
  if (into instanceof Error) return [unmeasured(name, limit, into)];
  const { message, digest } = into;
  const out = await attempt(() => run<StreamOut>({ worker: "streamOut", message, digest, s3 }));
  await new ServerControl(context.server.control).clear();
  return [
    measure(`${name} into S3: memory`, { ...limit, measured: into.memory, note: `in ${ms(into.ms)}` }),
    out instanceof Error
      ? unmeasured(`${name} out of S3: memory`, limit, out)
      : measure(`${name} out of S3: memory`, { ...limit, measured: out.memory, note: `in ${ms(out.ms)}` }),
  ];
}

async function stallMeasures(context: ShowContext): Promise<Measure[]> {
  const bench = madeCase("wide", context.isQuick ? "10MB" : "100MB");
  context.progress(`stall, ${bench.name}`);
  const job: ShowJob = {
    worker: "stall",
    payloadFile: writePayload(bench, context.folder),
    rounds: context.isQuick ? 1 : 5,
  };
  const found = await attempt(() => run<Stalls>(job));
  const name = `longest stall / stringify, ${bench.name}`;
  if (found instanceof Error) return [unmeasured(name, { reach: 1, unit: "times" }, found)];
  const of = (what: string, ours: number): Measure => {
    const note = `${ms(ours)} / ${ms(found.stringifyMs)}`;
    return measure(`${name}: ${what}`, { reach: 1, unit: "times", measured: ours / found.stringifyMs, note });
  };
  return [of("dehydrate", found.dehydrateMs), of("hydrate", found.hydrateMs)];
}

function run<Result>(job: ShowJob): Promise<Result> {
  return runInChild<Result>(CHILD, job, { timeout: TIMEOUT });
}

async function attempt<Result>(work: () => Promise<Result>): Promise<Result | Error> {
  try {
    return await work();
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}
