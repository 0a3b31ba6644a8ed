import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { BenchCase } from "../case.js";

/**
 * Writes the JSON of a payload into a folder, unless it is there. All contenders parse the same file, so that their
 * payloads are alike down to how V8 keeps them.
 *
 * @returns the path of the file
 */
export function writePayload(bench: BenchCase, folder: string): string {
  const file = join(folder, `${bench.name}.json`);
  if (!existsSync(file)) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(file, JSON.stringify(bench.make()));
  }
  return file;
}

export function readPayload(file: string): unknown {
  return JSON.parse(readFileSync(file, "utf8")) as unknown;
}
