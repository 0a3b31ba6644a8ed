import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { isPlainObject } from "../json/is-object.js";
import { importByName } from "../async/import-by-name.js";
import { usageFailure } from "./failure.js";

const NAMES = ["coatcheck.config.mjs", "coatcheck.config.cjs", "coatcheck.config.json"];

/** Content of a configuration file: a manager, or its options, in which `store` may be a URL. */
export type Configuration = object;

/** Returns the path of the configuration file in a directory. `undefined` if there is none. */
export function findConfigFile(cwd: string): string | undefined {
  return NAMES.map((name) => join(cwd, name)).find((path) => existsSync(path));
}

/**
 * Reads a configuration file. A module exports a manager, its options, or a function that returns one of them.
 *
 * @throws {CommandFailure} for a file that can't be read, or that gives neither a manager nor options
 */
export async function readConfigFile(file: string, cwd: string): Promise<Configuration> {
  const path = resolve(cwd, file);
  if (!existsSync(path)) throw usageFailure(`There is no configuration file ${file}.`);
  if (!/\.(mjs|cjs|json)$/.test(path)) throw usageFailure("A configuration file ends in .mjs, .cjs or .json.");
  const exported = path.endsWith(".json") ? parse(await readFile(path, "utf8"), file) : await load(path, file);
  const configuration: unknown = typeof exported === "function" ? await (exported as () => unknown)() : exported;
  if (typeof configuration === "object" && configuration !== null && !Array.isArray(configuration))
    return configuration;
  throw usageFailure(`The configuration file ${file} must give a StorageManager or its options.`);
}

function parse(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw usageFailure(`The configuration file ${file} is not JSON.`);
  }
}

async function load(path: string, file: string): Promise<unknown> {
  let module: unknown;
  try {
    module = await importByName(pathToFileURL(path).href);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw usageFailure(`The configuration file ${file} can't be loaded: ${reason}`);
  }
  const exported = (module as { default?: unknown }).default;
  // Some compilers put the result of `export default` inside the exports of a CommonJS module.
  const isInterop = isPlainObject(exported) && exported["__esModule"] === true;
  return isInterop ? exported["default"] : exported;
}
