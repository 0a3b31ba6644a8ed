import { pathProblem, MAX_PATH_BYTES, withoutTrailingSlashes } from "../paths/path.js";
import { connectionStringProblem } from "../store/drivers/azure/connection-string.js";
import { ACCOUNT_NAME, CONTAINER_NAME } from "../store/drivers/azure/names.js";
import { BUCKET_NAME, BUCKET_PROBLEM } from "../store/drivers/gcs/bucket-name.js";
import { rootProblem } from "../store/drivers/file/root-problem.js";
import { MAX_PREFIX_BYTES, MAX_TTL } from "../store/drivers/redis/limits.js";
import { redisUrlProblem } from "../store/drivers/redis/redis-url.js";
import type { AzureSettings, GcsSettings, RedisSettings } from "../store/drivers/settings.js";
import type { EnvironmentReader } from "./environment-reader.js";

// Readers for the variables of one provider each. `required` is true for the provider that was chosen. The variables
// of other providers must be well formed, but need not exist.

export function readFileSettings(reader: EnvironmentReader, required: boolean): { provider: "file"; root: string } {
  const root = reader.sound("STORAGE_PATH", rootProblem);
  if (required && !reader.isSet("STORAGE_PATH")) {
    reader.refuse("STORAGE_PATH", "must be set for the provider file: a directory, such as /var/lib/payloads");
  }
  return { provider: "file", root: root ?? "" };
}

export function readRedisSettings(reader: EnvironmentReader, required: boolean): RedisSettings {
  const url = reader.sound("STORAGE_REDIS_URL", redisUrlProblem);
  if (required && !reader.isSet("STORAGE_REDIS_URL")) {
    reader.refuse("STORAGE_REDIS_URL", "must be set for the provider redis: such as redis://127.0.0.1:6379");
  }
  return {
    provider: "redis",
    url: url ?? "",
    prefix: reader.sound("STORAGE_REDIS_PREFIX", (prefix) =>
      prefix.isWellFormed() && Buffer.byteLength(prefix) <= MAX_PREFIX_BYTES
        ? undefined
        : `must be text of at most ${MAX_PREFIX_BYTES} bytes`,
    ),
    ttl: reader.duration("STORAGE_REDIS_TTL", MAX_TTL),
  };
}

export function readGcsSettings(reader: EnvironmentReader, required: boolean): GcsSettings {
  const bucket = reader.sound("STORAGE_GCS_BUCKET", (name) => (BUCKET_NAME.test(name) ? undefined : BUCKET_PROBLEM));
  if (required && !reader.isSet("STORAGE_GCS_BUCKET")) {
    reader.refuse("STORAGE_GCS_BUCKET", "must be set for the provider gcs: the name of a bucket");
  }
  return { provider: "gcs", bucket: bucket ?? "", prefix: readContainerPrefix(reader, "STORAGE_GCS_PREFIX") };
}

export function readAzureSettings(reader: EnvironmentReader, required: boolean): AzureSettings {
  const container = reader.sound("STORAGE_AZURE_CONTAINER", (name) =>
    CONTAINER_NAME.test(name)
      ? undefined
      : "must be a container's name: 3 to 63 lower-case letters, digits and hyphens",
  );
  const account = reader.sound("STORAGE_AZURE_ACCOUNT", (name) =>
    ACCOUNT_NAME.test(name)
      ? undefined
      : "must be the name of an account, without a URL: 3 to 24 lower-case letters and digits",
  );
  const connectionString = reader.sound("STORAGE_AZURE_CONNECTION_STRING", connectionStringProblem);
  if (required) checkAzure(reader);
  return {
    provider: "azure",
    container: container ?? "",
    prefix: readContainerPrefix(reader, "STORAGE_AZURE_PREFIX"),
    account,
    connectionString,
  };
}

function checkAzure(reader: EnvironmentReader): void {
  if (!reader.isSet("STORAGE_AZURE_CONTAINER")) {
    reader.refuse("STORAGE_AZURE_CONTAINER", "must be set for the provider azure: the name of a container");
  }
  const hasAccount = reader.isSet("STORAGE_AZURE_ACCOUNT");
  const hasConnectionString = reader.isSet("STORAGE_AZURE_CONNECTION_STRING");
  if (hasAccount && hasConnectionString) {
    reader.refuse("STORAGE_AZURE_ACCOUNT", "must not be set beside STORAGE_AZURE_CONNECTION_STRING, which names one");
  }
  if (!hasAccount && !hasConnectionString) {
    reader.refuse("STORAGE_AZURE_ACCOUNT", "must be set for the provider azure, or STORAGE_AZURE_CONNECTION_STRING");
  }
}

/** Reads where the objects lie in a bucket or container. */
export function readContainerPrefix(reader: EnvironmentReader, name: string): string | undefined {
  return reader.parse(
    name,
    "must be a path: segments joined by /, none of them . or .., that leaves room for others",
    (value) => {
      const prefix = withoutTrailingSlashes(value);
      return pathProblem(prefix) === undefined && Buffer.byteLength(prefix) < MAX_PATH_BYTES - 1 ? prefix : undefined;
    },
  );
}
