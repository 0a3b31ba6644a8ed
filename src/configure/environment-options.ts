import * as z from "zod/mini";
import { isPlainObject } from "../json/is-object.js";
import { parseOptions, readOptions } from "../options/parse-options.js";
import { asStorageError } from "../errors/as-storage-error.js";
import { StorageError, textOf } from "../errors/error.js";
import { given } from "./call-settings.js";
import { OWN_PREFIX, readEnvironment, type EnvironmentSettings, type RetentionVariables } from "./env.js";
import type { RetentionOptions } from "./retention.js";
import { managerSettings } from "./settings.js";
import type { StorageManagerOptions } from "./options.js";

/** Options for making a manager from environment variables. */
export interface EnvironmentOptions {
  /**
   * The prefix of the name of every variable, default `"COATCHECK_"`. With `"BUBU_"`, the variables of a BubuStack
   * deployment work as they are.
   */
  envPrefix?: string | undefined;
  /**
   * Options of the manager that override the variables. Use them for options that no variable can carry, such as
   * `observer`, `codecs` and `signing`. Use them also for options that the program decides. The option `retention` is
   * merged field by field. With `store`, no store is made from the variables. An option that is `undefined` changes
   * nothing.
   */
  options?: StorageManagerOptions | undefined;
}

/** The same options, checked, with their defaults. `options` is a copy from the time when they were read. */
export interface OwnEnvironmentOptions {
  readonly envPrefix: string;
  readonly options: StorageManagerOptions;
}

const schema = z.strictObject({
  envPrefix: z._default(z.string("must be a string"), OWN_PREFIX),
  options: z._default(z.custom<StorageManagerOptions>(isPlainObject, "must be a plain object"), {}),
});

/**
 * Checks the options, and adds their defaults.
 *
 * @param owner the function that has the options
 * @throws {StorageError} `CONFIG_INVALID`
 */
export function environmentOptions(options: EnvironmentOptions, owner: string): OwnEnvironmentOptions {
  const parsed = parseOptions(schema, options, owner);
  const { names, values } = readOptions(parsed.options, "StorageManager");
  const own: StorageManagerOptions = Object.fromEntries(names.map((name, index) => [name, values[index]]));
  return { envPrefix: parsed.envPrefix, options: given(own) };
}

/** The settings from the variables, and the manager's options after the program's own options were added. */
export interface FromEnvironment {
  readonly settings: EnvironmentSettings;
  readonly options: StorageManagerOptions;
}

/** Merges the variables and the options. @throws {StorageError} `CONFIG_INVALID` that names all wrong ones */
export function fromEnvironment(
  env: NodeJS.ProcessEnv,
  { envPrefix, options: own }: OwnEnvironmentOptions,
): FromEnvironment {
  const { settings, problem } = readEnvironment(env, envPrefix, own);
  const { retention, maxInlineSize, maxEnvelopeSize, maxRecursionDepth, concurrency, timeout } = settings;
  const { outputPrefix, inputPrefix } = settings;
  const sizes = { maxInlineSize, maxEnvelopeSize, maxRecursionDepth, concurrency, timeout };
  const options = { ...sizes, outputPrefix, inputPrefix, ...own, retention: laidOver(retention, own.retention) };
  const problems = [problem, optionsProblem(options)].filter((each) => each !== undefined);
  if (problems.length === 0) return { settings, options };
  throw new StorageError("CONFIG_INVALID", problems.join(" "), { operation: "configure" });
}

function laidOver(variables: RetentionVariables, own: RetentionOptions | undefined): RetentionOptions {
  if (own === undefined) return variables;
  if (!isPlainObject(own)) return own; // the check of the manager's options refuses it
  return { ...variables, ...given<RetentionOptions>(own) };
}

function optionsProblem(options: StorageManagerOptions): string | undefined {
  try {
    managerSettings(options);
    return undefined;
  } catch (error) {
    return textOf(asStorageError(error, { operation: "configure" }));
  }
}
