import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { isPlainObject } from "../json/is-object.js";
import { importByName } from "../async/import-by-name.js";
import { isStorageError } from "../errors/error.js";
import { EXIT } from "./exit-codes.js";
import { exitCodeOf, usageFailure } from "./failure.js";
import { decodeText } from "./payload.js";

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
  const configuration = path.endsWith(".json") ? await parse(path, file) : await load(path, file);
  if (typeof configuration === "object" && configuration !== null && !Array.isArray(configuration))
    return configuration;
  throw usageFailure(`The configuration file ${file} must give a StorageManager or its options.`);
}

async function parse(path: string, file: string): Promise<unknown> {
  const bytes = await readFile(path).catch((error: unknown) => {
    throw usageFailure(`The configuration file ${file} can't be read: ${(error as NodeJS.ErrnoException).code}.`);
  });
  const text = decodeText(bytes, `The configuration file ${file}`);
  try {
    return JSON.parse(text);
  } catch {
    throw usageFailure(`The configuration file ${file} is not JSON.`);
  }
}

async function load(path: string, file: string): Promise<unknown> {
  try {
    const { default: exported } = (await importByName(pathToFileURL(path).href)) as { default?: unknown };
    // Some compilers put the result of `export default` inside the exports of a CommonJS module.
    const isInterop = isPlainObject(exported) && exported["__esModule"] === true;
    const made: unknown = isInterop ? exported["default"] : exported;
    return typeof made === "function" ? await (made as () => unknown)() : made;
  } catch (error) {
    // Its function may ask a service that answers later.
    if (isStorageError(error) && exitCodeOf(error) !== EXIT.usage) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw usageFailure(`The configuration file ${file} can't be loaded: ${reason}`);
  }
}
