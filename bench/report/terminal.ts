import { isCommand } from "../size/start.js";
import Table from "cli-table3";
import { isMeasured, type CompareRow, type Measured, type MeasuredOperation } from "../measure/row.js";
import type { Spread } from "../measure/statistics.js";
import type { Measure } from "../shows/measure.js";
import { bytes, gibibytes, inUnit, mebibytes, milliseconds, times } from "./format.js";
import type { TrustRow } from "../trust/rows.js";
import { requests } from "./peers.js";
import type { Results } from "./results.js";

type Cell = string | { content: string; colSpan?: number; hAlign?: "left" };

// Without the colours that it gives by default: a table in a log should be text.
const PLAIN = { head: [], border: [], compact: true };

const COLUMNS = ["", "dehydrate", "×", "hydrate", "×", "plan", "requests", "sent", "inline", "memory", "stall"];

/** Prints what was measured. */
export function printResults({ machine, compare, shows, trust, size }: Results): void {
  const { cpu, cores, memoryBytes, os, node, v8 } = machine;
  console.log(`\nNode ${node}, V8 ${v8}; ${cpu}, ${cores} cores, ${gibibytes(memoryBytes)}; ${os}`);
  if (compare !== undefined) {
    for (const storage of new Set(compare.rows.map((row) => row.storage))) {
      printRows(
        storage,
        compare.rows.filter((row) => row.storage === storage),
      );
    }
    if (compare.measures.length > 0) printMeasures("Beside others, on the same server", compare.measures);
    for (const note of compare.notes) console.log(note);
  }
  if (shows !== undefined) printMeasures("What is promised", shows.measures);
  if (trust !== undefined) printTrust(trust.rows);
  if (size !== undefined) printSize(size);
  for (const [name, part] of Object.entries({ compare, shows, trust, size })) {
    if (part !== undefined) console.log(`${name}: ${part.seconds} s`);
  }
}

function printRows(storage: string, rows: readonly CompareRow[]): void {
  console.log(`\n${storage}: medians; × is times the JSON floor; requests are PUT/GET/other, or all of a memory store`);
  const table = new Table({
    head: COLUMNS,
    style: PLAIN,
    colAligns: COLUMNS.map((_, index) => (index === 0 ? "left" : "right")),
  });
  for (const bench of new Set(rows.map((row) => row.case))) {
    const ofCase = rows.filter((row) => row.case === bench);
    const size = ofCase.find(isMeasured)?.payloadBytes;
    const title = size === undefined ? bench : `${bench} (${bytes(size)})`;
    table.push([{ content: title, colSpan: COLUMNS.length, hAlign: "left" }]);
    for (const row of ofCase) table.push(cells(row));
  }
  console.log(table.toString());
}

function cells(row: CompareRow): Cell[] {
  const name = `  ${row.contender}`;
  if (!isMeasured(row)) return [name, { content: problem(row), colSpan: COLUMNS.length - 1, hAlign: "left" }];
  const { dehydrate, hydrate, planMs, bytesSent, inlineBytes } = row;
  return [
    name,
    withSpread(dehydrate.ms),
    ratio(dehydrate),
    withSpread(hydrate.ms),
    ratio(hydrate),
    planMs === undefined ? "" : milliseconds(planMs.median),
    requestsOf(row),
    bytes(bytesSent),
    bytes(inlineBytes),
    mebibytes(Math.max(dehydrate.peakMemory, hydrate.peakMemory)),
    milliseconds(Math.max(dehydrate.stallMs, hydrate.stallMs)),
  ];
}

export function problem(row: Exclude<CompareRow, Measured>): string {
  if ("cannot" in row) return `can't: ${row.cannot}`;
  return "wrong" in row ? `wrong result: ${row.wrong}` : `failed: ${row.failed}`;
}

function withSpread({ median, min, max, count }: Spread): string {
  if (count === 1) return milliseconds(median);
  const off = Math.round((Math.max(max - median, median - min) / median) * 100);
  return `${milliseconds(median)} ±${off}%`;
}

function ratio({ ratio }: MeasuredOperation): string {
  return ratio === undefined ? "" : times(ratio);
}

function requestsOf(row: Measured): string {
  const { dehydrate, hydrate } = row;
  if (dehydrate.requests.put === undefined) return String(requests(row));
  return (["put", "get", "other"] as const)
    .map((kind) => (dehydrate.requests[kind] ?? 0) + (hydrate.requests[kind] ?? 0))
    .join("/");
}

function printMeasures(title: string, measures: readonly Measure[]): void {
  console.log(`\n${title}`);
  const head = ["measure", "at most", "measured", "met", ""];
  const table = new Table({ head, style: PLAIN, wordWrap: true, colWidths: [57, 10, 12, 5, 70] });
  for (const { name, reach, unit, measured, met, note } of measures) {
    table.push([
      name,
      inUnit(reach, unit),
      measured === undefined ? "" : inUnit(measured, unit),
      met ? "yes" : "NO",
      note,
    ]);
  }
  console.log(table.toString());
}

function printTrust(rows: readonly TrustRow[]): void {
  console.log("\nCodecs and signing on a memory store: medians; × is times the same with nothing on");
  const head = ["", "dehydrate", "×", "hydrate", "×", "stored", "×"];
  const table = new Table({ head, style: PLAIN, colAligns: head.map((_, index) => (index === 0 ? "left" : "right")) });
  for (const bench of new Set(rows.map((row) => row.case))) {
    table.push([{ content: bench, colSpan: head.length, hAlign: "left" }]);
    for (const row of rows.filter((one) => one.case === bench)) {
      table.push([
        `  ${row.setUp}`,
        milliseconds(row.dehydrateMs),
        times(row.dehydrateRatio),
        milliseconds(row.hydrateMs),
        times(row.hydrateRatio),
        bytes(row.storedBytes),
        times(row.storedRatio),
      ]);
    }
  }
  console.log(table.toString());
}

function printSize({ bundles, start }: NonNullable<Results["size"]>): void {
  console.log("\nSize and start");
  if (bundles === undefined) console.log("Bundles: esbuild is not installed: npm ci --prefix bench");
  for (const { name, minified, gzip, packages } of bundles ?? []) {
    const parts = packages.slice(0, 5).map((one) => `${one.name} ${bytes(one.bytes)}`);
    console.log(`${name}: ${bytes(minified)} minified, ${bytes(gzip)} gzip (${parts.join(", ")})`);
  }
  for (const one of start) console.log(`${isCommand(one) ? "" : "import "}${one.name}: ${withSpread(one.ms)}`);
}
