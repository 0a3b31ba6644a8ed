import { parseDuration } from "../configure/environment-reader.js";
import { usageFailure } from "./failure.js";
import type { VerbOption } from "./verb.js";

const SIZES: Readonly<Record<string, number>> = {
  "": 1,
  b: 1,
  k: 1024,
  kb: 1000,
  kib: 1024,
  m: 1024 ** 2,
  mb: 1000 ** 2,
  mib: 1024 ** 2,
  g: 1024 ** 3,
  gb: 1000 ** 3,
  gib: 1024 ** 3,
};

const DAY = 86_400_000;

/** Parses a number of bytes, such as `262144`, `256KiB` or `1MB`. */
export function parseBytes(text: string): number {
  const [, number, unit] = /^(\d+(?:\.\d+)?)\s?([a-z]*)$/i.exec(text) ?? [];
  const factor = unit === undefined ? undefined : SIZES[unit.toLowerCase()];
  if (number === undefined || factor === undefined) {
    throw usageFailure(`"${text}" is no number of bytes, such as 262144, 256KiB or 1MB.`);
  }
  return Math.floor(Number(number) * factor);
}

/** Parses a time, such as `90s`, `36h`, `30d` or `1d12h`, into milliseconds. */
function parseTime(text: string): number {
  const [, days, rest] = /^(?:(\d+)d)?(.*)$/.exec(text)!;
  const milliseconds = rest === "" ? (days === undefined ? undefined : 0) : parseDuration(rest!);
  if (milliseconds === undefined) throw usageFailure(`"${text}" is no time, such as 90s, 36h or 30d.`);
  return Number(days ?? 0) * DAY + milliseconds;
}

/** Parses a time into milliseconds, or `never`. */
function parseTimeToLive(text: string): number | "never" {
  return text === "never" ? text : parseTime(text);
}

/** Parses a whole number of at least 0. */
function parseCount(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw usageFailure(`"${text}" is no whole number.`);
  return Number(text);
}

/** Formats bytes for people. */
export function formatBytes(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let size = bytes;
  let unit = 0;
  while (size >= 1024 && unit < units.length - 1) {
    size /= 1024;
    unit++;
  }
  return `${unit === 0 ? size : size.toFixed(1)} ${units[unit]!}`;
}

const READERS = { bytes: parseBytes, count: parseCount, time: parseTime, ttl: parseTimeToLive };

/**
 * Parses the values of flags.
 *
 * @param given values by flag name in camel case
 * @throws {CommandFailure} for a value that does not fit the verb's definition. The message names the flag.
 */
export function readFlags(
  options: readonly VerbOption[],
  given: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const read: Record<string, unknown> = { ...given };
  for (const { flags, value } of options) {
    const name = flags
      .split(" ")[0]!
      .slice(2)
      .replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
    const text = given[name];
    if (value !== undefined && typeof text === "string") read[name] = READERS[value](text);
  }
  return read;
}
