import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, release, totalmem, type } from "node:os";
import { basename, dirname, join } from "node:path";
import process from "node:process";
import { format, getFileInfo, resolveConfig } from "prettier";
import type { CompareRow } from "../measure/row.js";
import type { Measure } from "../shows/measure.js";
import { ROOT } from "../root.js";
import type { Bundle } from "../size/bundle.js";
import type { TrustRow } from "../trust/rows.js";
import type { Start } from "../size/start.js";

/** What one or more runs of the bench found out, on one machine and one Node. */
export interface Results {
  readonly machine: Machine;
  /** By name of the contender. */
  readonly versions: Readonly<Record<string, string>>;
  readonly compare?: Section & {
    readonly rows: readonly CompareRow[];
    /** The others beside ours. */
    readonly measures: readonly Measure[];
    /** Why contenders or payloads are left out. */
    readonly notes: readonly string[];
  };
  readonly shows?: Section & { readonly measures: readonly Measure[] };
  /** Codecs and signing, beside nothing. */
  readonly trust?: Section & { readonly rows: readonly TrustRow[] };
  readonly size?: Section & {
    /** Undefined where esbuild is not installed. */
    readonly bundles?: readonly Bundle[];
    readonly start: readonly Start[];
  };
}

/** A part, which is run again by itself. */
export interface Section {
  /** When it was measured: ISO 8601. */
  readonly date: string;
  readonly seconds: number;
  readonly isQuick: boolean;
}

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly os: string;
  readonly node: string;
  readonly v8: string;
}

export function thisMachine(): Machine {
  const processors = cpus();
  return {
    cpu: processors[0]?.model.trim() ?? "unknown",
    cores: processors.length,
    memoryBytes: totalmem(),
    os: `${type()} ${release()} ${process.arch}`,
    node: process.versions.node,
    v8: process.versions.v8,
  };
}

/** `20`, of the Node that runs this. */
export function nodeMajor(): string {
  return process.versions.node.split(".")[0]!;
}

export function readResults(file: string): Results | undefined {
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Results) : undefined;
}

/** Puts new parts in the place of those that the file has, if they are of the same machine and the same versions. */
export function mergeResults(found: Results | undefined, results: Results): Results {
  const isSame = found !== undefined && JSON.stringify(found.machine) === JSON.stringify(results.machine);
  return isSame ? { ...found, ...results, versions: { ...found.versions, ...results.versions } } : results;
}

/** Writes a file as the project formats such files, where it does. */
export async function writeFormatted(file: string, text: string): Promise<void> {
  mkdirSync(dirname(file), { recursive: true });
  const { inferredParser } = await getFileInfo(file);
  const config = (await resolveConfig(join(ROOT, "bench", "results", basename(file)))) ?? {};
  writeFileSync(file, inferredParser === null ? text : await format(text, { ...config, filepath: file }));
}

/** The results of whole runs in a folder, oldest Node first. */
export function allResults(folder: string, files: readonly string[]): Results[] {
  const whole = files
    .filter((file) => /^\d+\.json$/.test(file))
    .sort((a, b) => Number.parseInt(a) - Number.parseInt(b));
  return whole.flatMap((file) => readResults(join(folder, file)) ?? []);
}
