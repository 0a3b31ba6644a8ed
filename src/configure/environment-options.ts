import * as z from "zod/mini";
import { isPlainObject } from "../json/is-object.js";
import { parseOptions, readOptions } from "../options/parse-options.js";
import { asStorageError } from "../errors/as-storage-error.js";
import { StorageError, textOf } from "../errors/error.js";
import { OWN_PREFIX, readEnvironment, type EnvironmentSettings, type RetentionVariables } from "./env.js";
import type { RetentionOptions } from "./retention.js";
import { managerSettings } from "./settings.js";
import type { StorageManagerOptions } from "./options.js";

/** What a manager is made with besides environment variables. */
export interface EnvironmentOptions {
  /**
   * What begins the name of every variable, default `"COATCHECK_"`. With `"BUBU_"` those of a BubuStack deployment work as
   * they are.
   */
  envPrefix?: string | undefined;
  /**
   * Options of the manager that are laid over what the variables say: those that no variable can carry, such as `observer`,
   * `codecs` and `signing`, and those that the program decides. `retention` is laid over field by field. With `store`, none
   * is made of the variables. An option that is `undefined` changes nothing.
   */
  options?: StorageManagerOptions | undefined;
}

/** The same, checked, with its defaults: `options` as they were when they were read. */
export interface OwnEnvironmentOptions {
  readonly envPrefix: string;
  readonly options: StorageManagerOptions;
}

const schema = z.strictObject({
  envPrefix: z._default(z.string("must be a string"), OWN_PREFIX),
  options: z._default(z.custom<StorageManagerOptions>(isPlainObject, "must be a plain object"), {}),
});

/**
 * @param owner the function that has the options
 * @throws {StorageError} `CONFIG_INVALID`
 */
export function environmentOptions(options: EnvironmentOptions, owner: string): OwnEnvironmentOptions {
  const parsed = parseOptions(schema, options, owner);
  const { names, values } = readOptions(parsed.options, "StorageManager");
  const given = names.map((name, index) => [name, values[index]] as const);
  return { envPrefix: parsed.envPrefix, options: Object.fromEntries(given.filter(([, value]) => value !== undefined)) };
}

/** What the variables say, and the options of the manager that they and the program's own make. */
export interface FromEnvironment {
  readonly settings: EnvironmentSettings;
  readonly options: StorageManagerOptions;
}

/** @throws {StorageError} `CONFIG_INVALID` that names every variable and every option which is wrong */
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
  if (!isPlainObject(own)) return own; // which is refused
  const given = Object.entries(own).filter(([, value]) => value !== undefined);
  return { ...variables, ...(Object.fromEntries(given) as RetentionOptions) };
}

function optionsProblem(options: StorageManagerOptions): string | undefined {
  try {
    managerSettings(options);
    return undefined;
  } catch (error) {
    return textOf(asStorageError(error, { operation: "configure" }));
  }
}
