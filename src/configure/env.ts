import * as z from "zod/mini";
import { StorageError } from "../errors/error.js";
import { parseOptions } from "../options/parse-options.js";
import { pathProblem, withoutTrailingSlashes } from "../paths/path.js";
import { arePrefixesNested } from "../reference/allow.js";
import { EnvironmentReader } from "./environment-reader.js";
import type { S3Settings } from "../store/drivers/s3/settings.js";
import { readS3Settings } from "./s3-settings.js";
import { MARGIN, MAX_TTL, ttlProblem, type TimeToLive } from "./retention.js";
import type { StorageManagerOptions } from "./options.js";

/** What the variables say of the store. */
export type StorageSettings = { provider: "none" } | { provider: "file"; root: string } | S3Settings;

/** How payloads end, and how much one pass of `collect` does. */
export interface RetentionVariables {
  /** Milliseconds that payloads live; `undefined`: they do not end by age. */
  ttl: TimeToLive | undefined;
  /** Milliseconds between two passes, default 120000. */
  gcInterval: number;
  /** Objects that one pass looks at, default 2000. */
  maxScan: number;
  /** Objects that one pass deletes, default 200. */
  maxDelete: number;
}

/** The environment, parsed and checked. Options of the manager that no variable sets are `undefined`. */
export interface EnvironmentSettings extends ManagerVariables {
  storage: StorageSettings;
  retention: RetentionVariables;
}

type ManagerVariables = Pick<
  StorageManagerOptions,
  "maxInlineSize" | "maxRecursionDepth" | "outputPrefix" | "inputPrefix" | "timeout"
>;

const PROVIDERS: ReadonlyMap<string, StorageSettings["provider"]> = new Map([
  ["none", "none"],
  ["file", "file"],
  ["s3", "s3"],
]);

/**
 * Parses the environment variables of this library. Outer spaces don't count, and a blank variable is an unset one,
 * except for `S3_TLS`. Variables of providers that are not chosen are parsed too, but not required.
 *
 * @param prefix begins the name of every variable: `"COATCHECK_"`, or `"BUBU_"` for those of the Go system
 * @throws {StorageError} `CONFIG_INVALID` that names every variable which is wrong, and no value
 */
export function parseEnvironment(env: NodeJS.ProcessEnv, prefix: string): EnvironmentSettings {
  if (typeof env !== "object" || (env as unknown) === null || Array.isArray(env)) {
    throw new StorageError(
      "CONFIG_INVALID",
      "The environment must be an object of texts by name, such as process.env.",
      {
        operation: "configure",
      },
    );
  }
  if (typeof prefix !== "string") {
    throw new StorageError("CONFIG_INVALID", 'The option "envPrefix" must be a string.', { operation: "configure" });
  }
  const reader = new EnvironmentReader(env, prefix);
  const settings: EnvironmentSettings = {
    storage: readStorage(reader),
    maxInlineSize: reader.integer("MAX_INLINE_SIZE", 0),
    maxRecursionDepth: reader.integer("MAX_RECURSION_DEPTH", 0),
    outputPrefix: readPrefix(reader, "STORAGE_OUTPUT_PREFIX"),
    inputPrefix: readPrefix(reader, "STORAGE_INPUT_PREFIX"),
    timeout: reader.duration("STORAGE_TIMEOUT"),
    retention: {
      ttl: readTtl(reader),
      gcInterval: reader.duration("STORAGE_RETENTION_GC_INTERVAL") ?? 120_000,
      maxScan: reader.integer("STORAGE_RETENTION_MAX_SCAN", 1) ?? 2_000,
      maxDelete: reader.integer("STORAGE_RETENTION_MAX_DELETE", 1) ?? 200,
    },
  };
  const { outputPrefix = "outputs", inputPrefix = "inputs" } = settings;
  if (arePrefixesNested(outputPrefix, inputPrefix)) {
    reader.refuse("STORAGE_INPUT_PREFIX", "must not be inside of STORAGE_OUTPUT_PREFIX, nor the other way round");
  }
  const problem = ttlProblem(settings.retention.ttl ?? "never", settings.timeout ?? 300_000, MARGIN);
  if (problem !== undefined) reader.refuse("STORAGE_RETENTION_TTL", problem);
  reader.finish();
  return settings;
}

const environmentOptions = z.strictObject({ envPrefix: z._default(z.string("must be a string"), "COATCHECK_") });

/**
 * What begins the name of every variable: the option `envPrefix`.
 *
 * @param owner the function that has the options
 * @throws {StorageError} `CONFIG_INVALID`
 */
export function envPrefixOf(options: { envPrefix?: string | undefined }, owner: string): string {
  return parseOptions(environmentOptions, options, owner).envPrefix;
}

function readStorage(reader: EnvironmentReader): StorageSettings {
  const provider = reader.choice("STORAGE_PROVIDER", PROVIDERS, "file, s3 or none") ?? "none";
  const root = reader.text("STORAGE_PATH");
  const s3 = readS3Settings(reader, provider === "s3");
  if (provider === "s3") return s3;
  if (provider === "none") return { provider };
  if (root === undefined) reader.refuse("STORAGE_PATH", "must be set for the provider file");
  return { provider, root: root ?? "" };
}

function readTtl(reader: EnvironmentReader): TimeToLive | undefined {
  const name = "STORAGE_RETENTION_TTL";
  return reader.text(name)?.toLowerCase() === "never" ? "never" : reader.duration(name, MAX_TTL);
}

function readPrefix(reader: EnvironmentReader, name: string): string | undefined {
  return reader.parse(name, "must be a path: segments joined by /, none of them . or ..", (value) => {
    // The Go system cleans paths: its deployments may say "outputs/".
    const prefix = withoutTrailingSlashes(value);
    return pathProblem(prefix) === undefined ? prefix : undefined;
  });
}
