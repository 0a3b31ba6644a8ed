import { isCommand } from "../size/start.js";
import { FLOOR } from "../contenders/index.js";
import { isMeasured, type CompareRow } from "../measure/row.js";
import type { Measure } from "../shows/measure.js";
import { bytes, gibibytes, inUnit, milliseconds, times } from "./format.js";
import { requests, roundTrip } from "./peers.js";
import type { Results } from "./results.js";
import { problem } from "./terminal.js";

const BEGIN = "<!-- benchmark: written by npm run bench -->";
const END = "<!-- /benchmark -->";

const STORAGES: readonly [name: string, title: string][] = [
  ["s3-30ms", "S3, 30 ms a request: round trip, requests"],
  ["s3-0ms", "The same S3 server without delay: round trip, requests"],
  ["memory", "Memory store: round trip"],
];

/** What the README shows, of each Node that was measured: the comparison of the newest, the promises of all. */
export function readmeTable(all: readonly Results[]): string {
  const newest = all.findLast(({ compare }) => compare !== undefined);
  const parts = [
    BEGIN,
    ...(newest === undefined ? [] : [machineLine(newest), ...comparison(newest)]),
    ...promises(all),
    ...trust(all),
    ...sizes(all),
    END,
  ];
  return `${parts.join("\n\n")}\n`;
}

function machineLine({ machine }: Results): string {
  const { cpu, cores, memoryBytes, os, node } = machine;
  return `Node ${node}; ${cpu}, ${cores} cores, ${gibibytes(memoryBytes)}; ${os}.`;
}

function comparison({ compare, versions }: Results): string[] {
  const rows = compare!.rows;
  const parts = STORAGES.flatMap(([storage, title]) => {
    const ofStorage = rows.filter((row) => row.storage === storage);
    return ofStorage.length === 0 ? [] : [`**${title}**`, storageTable(ofStorage, storage)];
  });
  const measured = Object.entries(versions).filter(([name]) => name !== FLOOR);
  const packages = measured.map(([name, version]) => `${name} ${version}`.trim());
  return [...parts, `Measured: \`${packages.join("`, `")}\`.`];
}

function storageTable(rows: readonly CompareRow[], storage: string): string {
  const isMemory = storage === "memory";
  const contenders = [...new Set(rows.map((row) => row.contender))].filter((name) => isMemory || name !== FLOOR);
  const lines = [...new Set(rows.map((row) => row.case))].map((bench) => [
    bench,
    ...contenders.map((name) =>
      cell(
        rows.find((row) => row.case === bench && row.contender === name),
        isMemory,
      ),
    ),
  ]);
  return table(["payload", ...contenders], lines);
}

function cell(row: CompareRow | undefined, isMemory: boolean): string {
  if (row === undefined) return "";
  if (!isMeasured(row)) return problem(row);
  const time = milliseconds(roundTrip(row));
  return isMemory ? time : `${time}, ${requests(row)}`;
}

function promises(all: readonly Results[]): string[] {
  const found = all.filter(({ compare, shows }) => shows !== undefined || (compare?.measures.length ?? 0) > 0);
  if (found.length === 0) return [];
  const measuresOf = ({ compare, shows }: Results): Measure[] => [
    ...(shows?.measures ?? []),
    ...(compare?.measures ?? []),
  ];
  const names = [...new Set(found.flatMap((results) => measuresOf(results).map(({ name }) => name)))];
  const lines = names.map((name) => {
    const each = found.map((results) => measuresOf(results).find((one) => one.name === name));
    const { reach, unit } = each.find((one) => one !== undefined)!;
    return [name, inUnit(reach, unit), ...each.map(verdict)];
  });
  return [table(["measure", "at most", ...found.map(({ machine }) => `Node ${machine.node}`)], lines)];
}

function verdict(one: Measure | undefined): string {
  if (one === undefined) return "";
  if (one.measured === undefined) return `**${one.note}**`;
  const value = inUnit(one.measured, one.unit);
  return one.met ? value : `**${value}** (not reached)`;
}

function trust(all: readonly Results[]): string[] {
  const rows = all.findLast((results) => results.trust !== undefined)?.trust?.rows;
  if (rows === undefined) return [];
  const head = ["codecs and signing, memory store", "payload", "dehydrate", "hydrate", "stored"];
  const lines = rows.map((row) => [
    row.setUp,
    row.case,
    `${milliseconds(row.dehydrateMs)}, ${times(row.dehydrateRatio)}`,
    `${milliseconds(row.hydrateMs)}, ${times(row.hydrateRatio)}`,
    `${bytes(row.storedBytes)}, ${times(row.storedRatio)}`,
  ]);
  return [table(head, lines)];
}

function sizes(all: readonly Results[]): string[] {
  const size = all.findLast((results) => results.size !== undefined)?.size;
  if (size === undefined) return [];
  const bundles = (size.bundles ?? []).map(({ name, minified, gzip }) => [name, bytes(minified), bytes(gzip)]);
  const start = size.start
    .map((one) => `\`${isCommand(one) ? one.name : `import("${one.name}")`}\` ${milliseconds(one.ms.median)}`)
    .join(", ");
  return [
    ...(bundles.length === 0 ? [] : [table(["bundle, without clients of services", "minified", "gzip"], bundles)]),
    `Start, above that of an empty process: ${start}.`,
  ];
}

function table(head: readonly string[], lines: readonly (readonly string[])[]): string {
  const escaped = lines.map((line) => line.map((text) => text.replaceAll("|", "\\|")));
  return [head, head.map(() => "---"), ...escaped].map((line) => `| ${line.join(" | ")} |`).join("\n");
}
