import { pathProblem, MAX_PATH_BYTES, withoutTrailingSlashes } from "../paths/path.js";
import { connectionStringProblem } from "../store/drivers/azure/connection-string.js";
import { ACCOUNT_NAME, CONTAINER_NAME } from "../store/drivers/azure/names.js";
import { BUCKET_NAME, BUCKET_PROBLEM } from "../store/drivers/gcs/bucket-name.js";
import { rootProblem } from "../store/drivers/file/root-problem.js";
import { MAX_PREFIX_BYTES, MAX_TTL } from "../store/drivers/redis/limits.js";
import { redisUrlProblem } from "../store/drivers/redis/redis-url.js";
import { bucketNameProblem } from "../store/drivers/s3/client/bucket-name.js";
import { isRegion, REGION_PROBLEM } from "../store/drivers/s3/client/region.js";
import { MAX_PART_SIZE, MIN_PART_SIZE } from "../store/drivers/s3/limits.js";
import type { S3Credentials, S3Settings } from "../store/drivers/s3/settings.js";
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

// The kinds of encryption, with the names that the Go system accepts for them.
const ENCRYPTIONS: ReadonlyMap<string, "s3" | "kms"> = new Map([
  ["s3", "s3"],
  ["sse-s3", "s3"],
  ["aes256", "s3"],
  ["kms", "kms"],
  ["aws:kms", "kms"],
]);

/**
 * Reads the variables of S3.
 *
 * @param required whether S3 is the provider. Otherwise each variable must be well formed, but need not fit the
 *   others.
 */
export function readS3Settings(reader: EnvironmentReader, required: boolean): S3Settings {
  const tls = reader.boolean("S3_TLS");
  const endpoint = readEndpoint(reader, tls, required);
  const bucket = readBucket(reader, required);
  const sse = reader.choice("S3_SSE", ENCRYPTIONS, "s3 or kms");
  const kmsKeyId = reader.text("S3_SSE_KMS_KEY");
  if (required) {
    if (reader.isBlank("S3_TLS")) reader.refuse("S3_TLS", "must not be blank: true, false, or not set");
    if (kmsKeyId !== undefined && sse !== "kms")
      reader.refuse("S3_SSE_KMS_KEY", "needs the encryption kms: S3_SSE=kms");
  }
  return {
    provider: "s3",
    bucket,
    prefix: readContainerPrefix(reader, "STORAGE_S3_PREFIX"),
    region: reader.parse("STORAGE_S3_REGION", REGION_PROBLEM, (value) => (isRegion(value) ? value : undefined)),
    endpoint,
    forcePathStyle: reader.boolean("S3_FORCE_PATH_STYLE") ?? endpoint !== undefined,
    credentials: readCredentials(reader, required),
    maxRetries: reader.integer("S3_MAX_RETRIES", 0) ?? 3,
    maxBackoff: reader.duration("S3_MAX_BACKOFF") ?? 10_000,
    timeout: reader.duration("S3_TIMEOUT"),
    partSize: reader.integer("S3_MAX_PART_SIZE", MIN_PART_SIZE, MAX_PART_SIZE),
    queueSize: reader.integer("S3_CONCURRENCY", 1),
    sse,
    kmsKeyId,
  };
}

function readBucket(reader: EnvironmentReader, required: boolean): string {
  const bucket = reader.text("STORAGE_S3_BUCKET");
  const problem = bucket === undefined ? undefined : bucketNameProblem(bucket);
  if (problem !== undefined) reader.refuse("STORAGE_S3_BUCKET", problem.replace('"prefix"', "STORAGE_S3_PREFIX"));
  if (bucket === undefined && required)
    reader.refuse("STORAGE_S3_BUCKET", "must be set for the provider s3: the name of a bucket");
  return bucket ?? "";
}

function readEndpoint(reader: EnvironmentReader, tls: boolean | undefined, required: boolean): string | undefined {
  const expected =
    "must be a host, or a URL of http or https, without credentials or a query: such as https://minio.example.com:9000";
  const url = reader.parse("STORAGE_S3_ENDPOINT", expected, (value) => parseEndpoint(value, tls));
  if (url === undefined) return undefined;
  if (required && tls !== undefined && tls !== (url.protocol === "https:")) {
    reader.refuse("S3_TLS", "does not agree with the scheme of the endpoint: true is for https, false for http");
  }
  return url.origin + withoutTrailingSlashes(url.pathname);
}

function parseEndpoint(value: string, tls: boolean | undefined): URL | undefined {
  const text = value.includes("://") ? value : `${tls === false ? "http" : "https"}://${value}`;
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  const isPlain = url.username === "" && url.password === "" && url.search === "";
  return isPlain && (url.protocol === "http:" || url.protocol === "https:") ? url : undefined;
}

function readCredentials(reader: EnvironmentReader, required: boolean): S3Credentials | undefined {
  const accessKeyId = reader.text("S3_ACCESS_KEY_ID");
  const secretAccessKey = reader.text("S3_SECRET_ACCESS_KEY");
  const sessionToken = reader.text("S3_SESSION_TOKEN");
  if (accessKeyId !== undefined && secretAccessKey !== undefined) return { accessKeyId, secretAccessKey, sessionToken };
  const isGiven = accessKeyId !== undefined || secretAccessKey !== undefined || sessionToken !== undefined;
  if (required && isGiven) {
    if (accessKeyId === undefined)
      reader.refuse("S3_ACCESS_KEY_ID", "must be set, as other credentials are, or none of them");
    if (secretAccessKey === undefined)
      reader.refuse("S3_SECRET_ACCESS_KEY", "must be set, as other credentials are, or none of them");
  }
  return undefined;
}

/** Reads where the objects lie in a bucket or container. */
function readContainerPrefix(reader: EnvironmentReader, name: string): string | undefined {
  return reader.parse(
    name,
    "must be a path: segments joined by /, none of them . or .., that leaves room for others",
    (value) => {
      const prefix = withoutTrailingSlashes(value);
      return pathProblem(prefix) === undefined && Buffer.byteLength(prefix) < MAX_PATH_BYTES - 1 ? prefix : undefined;
    },
  );
}
