import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { BenchCase } from "./case.js";
import { CASES, findCase, QUICK_CASES, QUICK_S3_CASES, S3_CASES, S3_CPU_CASES } from "./cases.js";
import { hasPeers, loadContenders } from "./contenders/index.js";
import type { Contender } from "./contender.js";
import { compare, STORAGES, type NamedStorage } from "./measure/compare.js";
import { isMeasured, type CompareRow } from "./measure/row.js";
import type { BenchOptions, Part } from "./options.js";
import { chart } from "./report/chart.js";
import { peerMeasures } from "./report/peers.js";
import { readmeTable } from "./report/readme.js";
import {
  allResults,
  mergeResults,
  nodeMajor,
  readResults,
  thisMachine,
  writeFormatted,
  type Results,
  type Section,
} from "./report/results.js";
import { printResults } from "./report/terminal.js";
import { ROOT } from "./root.js";
import { startServer, type BenchServer } from "./s3/start.js";
import { takeMeasures } from "./shows/shows.js";
import { measureBundles } from "./size/bundle.js";
import { measureTrust } from "./trust/rows.js";
import { measureStart } from "./size/start.js";

// Bytes of a payload up to which a process is over soon, so that there is time for more of them. What waits for a network
// most of the time needs fewer, too.
const SHORT = 1e6;

/** Measures what is asked for, prints it, and writes it down. Files are named by the Node that runs this. */
export async function run(options: BenchOptions, folder: string): Promise<void> {
  const contenders = pick(await loadContenders(), options.contenders, "contender");
  const storages = pick(STORAGES, options.storages, "storage");
  const needsServer = has(options, "shows") || storages.some(({ latency }) => latency !== undefined);
  const server = needsServer ? await startServer(STORAGES.flatMap(({ latency }) => latency ?? [])) : undefined;
  let results: Results = {
    machine: thisMachine(),
    versions: versionsOf(contenders),
  };
  try {
    if (has(options, "compare")) {
      const notes = hasPeers() ? [] : ["The peers are not installed: npm ci --prefix bench"];
      const found = await section(options, () => compareAll(options, contenders, storages, server, folder));
      results = {
        ...results,
        compare: { ...found.section, rows: found.result, measures: peerMeasures(found.result), notes },
      };
    }
    if (has(options, "shows")) {
      const rounds = options.isQuick ? 1 : 3;
      const context = { server: server!, folder, rounds, isQuick: options.isQuick, progress };
      const found = await section(options, () => takeMeasures(context));
      results = { ...results, shows: { ...found.section, measures: found.result } };
    }
    if (has(options, "trust")) {
      const rounds = options.isQuick ? 1 : 3;
      const context = { folder, rounds, isQuick: options.isQuick, progress };
      const found = await section(options, () => measureTrust(context));
      results = { ...results, trust: { ...found.section, rows: found.result } };
    }
    if (has(options, "size")) {
      progress("size and start");
      const found = await section(options, async () => ({
        bundles: await measureBundles(),
        start: measureStart(options.isQuick ? 3 : 15),
      }));
      const { bundles, start } = found.result;
      results = { ...results, size: { ...found.section, ...(bundles && { bundles }), start } };
    }
  } finally {
    await server?.stop();
  }
  progress("");
  printResults(results);
  await writeDown(results, options);
}

function versionsOf(contenders: readonly Contender[]): Record<string, string> {
  const sdk = "@aws-sdk/client-s3";
  const file = join(ROOT, "node_modules", sdk, "package.json");
  const { version } = JSON.parse(readFileSync(file, "utf8")) as { version: string };
  return Object.fromEntries([...contenders.map((one) => [one.name, one.version] as const), [sdk, version]]);
}

function has({ parts }: BenchOptions, part: Part): boolean {
  return parts.includes(part);
}

async function section<T>({ isQuick }: BenchOptions, work: () => Promise<T>): Promise<{ result: T; section: Section }> {
  const begin = performance.now();
  const date = new Date().toISOString();
  const result = await work();
  return { result, section: { date, seconds: Math.round((performance.now() - begin) / 1000), isQuick } };
}

async function compareAll(
  options: BenchOptions,
  contenders: readonly Contender[],
  storages: readonly NamedStorage[],
  server: BenchServer | undefined,
  folder: string,
): Promise<CompareRow[]> {
  const rows: CompareRow[] = [];
  for (const storage of storages) {
    for (const bench of casesOf(options, storage)) {
      progress(`${bench.name} on ${storage.name}`);
      const rounds = Math.min(options.rounds, bench.size > SHORT || (storage.latency ?? 0) > 0 ? 3 : Infinity);
      const budget = options.isQuick ? 30 : bench.size > SHORT ? 300 : 80;
      rows.push(...(await compare({ bench, storage, contenders, rounds, budget }, server, folder)));
    }
  }
  return rows;
}

function casesOf({ cases, isQuick }: BenchOptions, { latency }: NamedStorage): readonly BenchCase[] {
  if (cases.length > 0) return cases.map(findCase);
  if (latency === undefined) return isQuick ? QUICK_CASES.map(findCase) : CASES;
  if (isQuick) return QUICK_S3_CASES.map(findCase);
  return (latency === 0 ? S3_CPU_CASES : S3_CASES).map(findCase);
}

function pick<T extends { readonly name: string }>(
  all: readonly T[],
  names: readonly string[],
  what: string,
): readonly T[] {
  if (names.length === 0) return all;
  return names.map((name) => {
    const found = all.find((one) => one.name === name);
    if (found !== undefined) return found;
    throw new TypeError(`There is no ${what} "${name}". There are: ${all.map((one) => one.name).join(", ")}.`);
  });
}

// A run that is quick, or of some only, does not take the place of a whole one.
async function writeDown(results: Results, options: BenchOptions): Promise<void> {
  const folder = options.output ?? join(ROOT, "bench", "results");
  const { isQuick, cases, contenders, storages } = options;
  const isWhole = !isQuick && cases.length + contenders.length + storages.length === 0;
  const name = join(folder, isWhole ? nodeMajor() : `${nodeMajor()}-partial`);
  const merged = isWhole ? mergeResults(readResults(`${name}.json`), results) : results;
  await writeFormatted(`${name}.json`, JSON.stringify(merged, undefined, 2));
  const isCharted = merged.compare?.rows.some(isMeasured) === true;
  if (isCharted) await writeFormatted(`${name}.svg`, chart(merged));
  if (isWhole)
    await writeFormatted(join(folder, "README-table.md"), readmeTable(allResults(folder, readdirSync(folder))));
  console.log(`Written: ${name}.json${isCharted ? `, ${name}.svg` : ""}`);
}

function progress(what: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${what}`);
  else if (what !== "") process.stderr.write(`${(performance.now() / 1000).toFixed(0).padStart(4)} s  ${what}\n`);
}
