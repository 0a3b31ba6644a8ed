import { StorageError } from "../errors/error.js";
import { pathProblem, withoutTrailingSlashes } from "../paths/path.js";
import { arePrefixesNested } from "../reference/allow.js";
import { EnvironmentReader } from "./environment-reader.js";
import type { S3Settings } from "../store/drivers/s3/settings.js";
import { MARGIN, MAX_TTL, ttlProblem, type RetentionSettings, type TimeToLive } from "./retention.js";
import type { StorageManagerOptions } from "./options.js";
import {
  readAzureSettings,
  readFileSettings,
  readGcsSettings,
  readRedisSettings,
  readS3Settings,
} from "./provider-settings.js";
import type { AzureSettings, GcsSettings, RedisSettings } from "../store/drivers/settings.js";

/** The settings of the store, read from the variables. */
export type StorageSettings =
  { provider: "none" } | { provider: "file"; root: string } | S3Settings | RedisSettings | GcsSettings | AzureSettings;

/** How payloads end, and how much one pass of `collect` does. With the ttl `undefined`, they do not end by age. */
export type RetentionVariables = Pick<RetentionSettings, "gcInterval" | "maxScan" | "maxDelete"> & {
  ttl: TimeToLive | undefined;
};

/** The environment, parsed and checked. Options of the manager that no variable sets are `undefined`. */
export interface EnvironmentSettings extends ManagerVariables {
  storage: StorageSettings;
  retention: RetentionVariables;
}

type ManagerVariables = Pick<
  StorageManagerOptions,
  "maxInlineSize" | "maxEnvelopeSize" | "maxRecursionDepth" | "outputPrefix" | "inputPrefix" | "concurrency" | "timeout"
>;

/**
 * The only prefix whose variables all belong to this library. A prefix of another deployment may have other variables
 * too.
 */
export const OWN_PREFIX = "COATCHECK_";

const PROVIDERS: ReadonlyMap<string, StorageSettings["provider"]> = new Map([
  ["none", "none"],
  ["file", "file"],
  ["s3", "s3"],
  ["redis", "redis"],
  ["gcs", "gcs"],
  ["azure", "azure"],
]);

/** The usable settings from the variables, and what is wrong with the other variables. */
export interface ReadEnvironment {
  readonly settings: EnvironmentSettings;
  /** Names every wrong variable, but no value. `undefined` when no variable is wrong. */
  readonly problem: string | undefined;
  /** The names of all variables that exist, without the prefix. */
  readonly known: readonly string[];
}

/**
 * Reads the environment variables of this library. Outer spaces are ignored. A blank variable counts as unset, except
 * for `S3_TLS`. Variables of providers that are not chosen are parsed too, but not required. With the prefix
 * `COATCHECK_`, an unknown variable is an error.
 *
 * @param prefix begins the name of every variable: `"COATCHECK_"`, or `"BUBU_"` for those of the Go system
 * @param over options of the manager that override the variables, unchecked
 * @throws {StorageError} `CONFIG_INVALID` when `env` is not an environment
 */
export function readEnvironment(env: NodeJS.ProcessEnv, prefix: string, over: StorageManagerOptions): ReadEnvironment {
  if (typeof env !== "object" || (env as unknown) === null || Array.isArray(env)) {
    const message = "The environment must be an object of texts by name, such as process.env.";
    throw new StorageError("CONFIG_INVALID", message, { operation: "configure" });
  }
  if (typeof prefix !== "string") {
    throw new StorageError("CONFIG_INVALID", 'The option "envPrefix" must be a string.', { operation: "configure" });
  }
  const reader = new EnvironmentReader(env, prefix);
  const settings: EnvironmentSettings = {
    storage: readStorage(reader),
    maxInlineSize: reader.integer("MAX_INLINE_SIZE", 0),
    maxEnvelopeSize: reader.integer("MAX_ENVELOPE_SIZE", 1024),
    maxRecursionDepth: reader.integer("MAX_RECURSION_DEPTH", 0),
    outputPrefix: readPrefix(reader, "STORAGE_OUTPUT_PREFIX"),
    inputPrefix: readPrefix(reader, "STORAGE_INPUT_PREFIX"),
    concurrency: reader.integer("STORAGE_CONCURRENCY", 1),
    timeout: reader.duration("STORAGE_TIMEOUT"),
    retention: {
      ttl: readTtl(reader),
      gcInterval: reader.pause("STORAGE_RETENTION_GC_INTERVAL") ?? 120_000,
      maxScan: reader.integer("STORAGE_RETENTION_MAX_SCAN", 1) ?? 2_000,
      maxDelete: reader.integer("STORAGE_RETENTION_MAX_DELETE", 1) ?? 200,
    },
  };
  refuseContradictions(reader, settings, over);
  if (prefix === OWN_PREFIX) reader.refuseUnknown();
  return { settings, problem: reader.problem(), known: reader.known };
}

/** Drops values that contradict each other, or contradict the options that override the variables. */
function refuseContradictions(
  reader: EnvironmentReader,
  settings: EnvironmentSettings,
  over: StorageManagerOptions,
): void {
  const { retention, timeout = 300_000 } = settings;
  const outputPrefix = over.outputPrefix ?? settings.outputPrefix ?? "outputs";
  const inputPrefix = over.inputPrefix ?? settings.inputPrefix ?? "inputs";
  // Options of a wrong type are refused elsewhere.
  const arePaths = typeof (outputPrefix as unknown) === "string" && typeof (inputPrefix as unknown) === "string";
  if (over.inputPrefix === undefined && arePaths && arePrefixesNested(outputPrefix, inputPrefix)) {
    reader.refuse("STORAGE_INPUT_PREFIX", "must not be inside of STORAGE_OUTPUT_PREFIX, nor the other way round");
    settings.inputPrefix = undefined;
  }
  const limit: unknown = over.timeout ?? timeout;
  const margin: unknown = over.retention?.margin ?? MARGIN;
  if (over.retention?.ttl !== undefined || typeof limit !== "number" || typeof margin !== "number") return;
  const problem = ttlProblem(retention.ttl ?? "never", limit, margin);
  if (problem === undefined) return;
  reader.refuse("STORAGE_RETENTION_TTL", problem);
  retention.ttl = undefined;
}

function readStorage(reader: EnvironmentReader): StorageSettings {
  const provider = reader.choice("STORAGE_PROVIDER", PROVIDERS, "file, s3, redis, gcs, azure or none") ?? "none";
  const all = {
    none: { provider: "none" as const },
    file: readFileSettings(reader, provider === "file"),
    s3: readS3Settings(reader, provider === "s3"),
    redis: readRedisSettings(reader, provider === "redis"),
    gcs: readGcsSettings(reader, provider === "gcs"),
    azure: readAzureSettings(reader, provider === "azure"),
  };
  return all[provider];
}

function readTtl(reader: EnvironmentReader): TimeToLive | undefined {
  const name = "STORAGE_RETENTION_TTL";
  return reader.text(name)?.toLowerCase() === "never" ? "never" : reader.duration(name, MAX_TTL);
}

function readPrefix(reader: EnvironmentReader, name: string): string | undefined {
  return reader.parse(name, "must be a path: segments joined by /, none of them . or ..", (value) => {
    // The Go system cleans paths, so its deployments may use "outputs/".
    const prefix = withoutTrailingSlashes(value);
    return pathProblem(prefix) === undefined ? prefix : undefined;
  });
}
