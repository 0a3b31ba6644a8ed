import { StorageManager } from "../../src/index.js";
import { failureOf } from "../support/failure.js";

// What people get wrong, and what each message must say: the variable, and what would be right.

const KEY = Buffer.alloc(64).toString("base64");
const S3 = { STORAGE_PROVIDER: "s3", STORAGE_S3_BUCKET: "payloads" };
const REDIS = { STORAGE_PROVIDER: "redis" };
const GCS = { STORAGE_PROVIDER: "gcs", STORAGE_GCS_BUCKET: "payloads" };
const AZURE = { STORAGE_PROVIDER: "azure", STORAGE_AZURE_CONTAINER: "payloads", STORAGE_AZURE_ACCOUNT: "account" };

async function refusal(variables: Record<string, string>, prefix = "COATCHECK_"): Promise<string> {
  const env = Object.fromEntries(Object.entries(variables).map(([name, value]) => [prefix + name, value]));
  const error = await failureOf(StorageManager.fromEnv(env, { envPrefix: prefix }));
  expect(error).toMatchObject({ code: "CONFIG_INVALID", operation: "configure" });
  return (error as Error).message;
}

it.each<[variables: Record<string, string>, name: string, problem: string]>([
  [{ STORAGE_PROVIDER: "S4" }, "STORAGE_PROVIDER", "must be file, s3, redis, gcs, azure or none"],
  [{ STORAGE_PROVIDER: "gs" }, "STORAGE_PROVIDER", "must be file, s3, redis, gcs, azure or none"],
  [{ STORAGE_PROVIDER: "file" }, "STORAGE_PATH", "must be set for the provider file: a directory, such as /"],
  [{ STORAGE_PROVIDER: "s3" }, "STORAGE_S3_BUCKET", "must be set for the provider s3: the name of a bucket"],
  [{ ...S3, STORAGE_S3_BUCKET: "s3://payloads" }, "STORAGE_S3_BUCKET", 'must be the name alone, such as "payloads"'],
  [
    { ...S3, STORAGE_S3_BUCKET: "payloads/a" },
    "STORAGE_S3_BUCKET",
    "what follows the slash goes into STORAGE_S3_PREFIX",
  ],
  [{ ...S3, STORAGE_S3_BUCKET: "pay loads" }, "STORAGE_S3_BUCKET", "must be the name of a bucket (letters, digits"],
  [{ ...S3, STORAGE_S3_REGION: "Frankfurt (eu)" }, "STORAGE_S3_REGION", 'must be the name of a region, such as "eu-'],
  [{ ...S3, STORAGE_S3_ENDPOINT: "ftp://host" }, "STORAGE_S3_ENDPOINT", "a URL of http or https"],
  [{ ...S3, STORAGE_S3_ENDPOINT: "https://a:b@host" }, "STORAGE_S3_ENDPOINT", "without credentials or a query"],
  [
    { ...S3, STORAGE_S3_ENDPOINT: "https://host:port" },
    "STORAGE_S3_ENDPOINT",
    "such as https://minio.example.com:9000",
  ],
  [{ ...S3, STORAGE_S3_PREFIX: "/a" }, "STORAGE_S3_PREFIX", "must be a path: segments joined by /"],
  [{ ...S3, STORAGE_S3_PREFIX: "a".repeat(1023) }, "STORAGE_S3_PREFIX", "that leaves room for others"],
  [{ ...S3, S3_TLS: "https" }, "S3_TLS", "must be true or false"],
  [{ ...S3, S3_TLS: "true", STORAGE_S3_ENDPOINT: "http://host" }, "S3_TLS", "true is for https, false for http"],
  [{ ...S3, S3_ACCESS_KEY_ID: "id" }, "S3_SECRET_ACCESS_KEY", "must be set, as other credentials are, or none of them"],
  [{ ...S3, S3_SSE: "aws" }, "S3_SSE", "must be s3 or kms"],
  [{ ...S3, S3_SSE_KMS_KEY: "alias/a" }, "S3_SSE_KMS_KEY", "needs the encryption kms: S3_SSE=kms"],
  [{ ...S3, S3_MAX_PART_SIZE: "8MB" }, "S3_MAX_PART_SIZE", "must be a whole number from 5242880 to"],
  [{ ...S3, S3_MAX_RETRIES: "-1" }, "S3_MAX_RETRIES", "must be a whole number of at least 0"],
  [{ ...S3, S3_TIMEOUT: "30" }, "S3_TIMEOUT", "must be a duration such as 300s, 5m"],
  [{ ...S3, S3_FORCE_PATH_STYLE: "path" }, "S3_FORCE_PATH_STYLE", "must be true or false"],
  [REDIS, "STORAGE_REDIS_URL", "must be set for the provider redis: such as redis://127.0.0.1:6379"],
  [{ ...REDIS, STORAGE_REDIS_URL: "localhost:6379" }, "STORAGE_REDIS_URL", "must be a redis:// or rediss:// URL"],
  [{ ...REDIS, STORAGE_REDIS_URL: "http://localhost" }, "STORAGE_REDIS_URL", "must be a redis:// or rediss:// URL"],
  [{ ...REDIS, STORAGE_REDIS_URL: "redis://h/base" }, "STORAGE_REDIS_URL", "must end in the number of a database"],
  [{ STORAGE_REDIS_PREFIX: "a".repeat(513) }, "STORAGE_REDIS_PREFIX", "must be text of at most 512 bytes"],
  [{ STORAGE_REDIS_TTL: "3600" }, "STORAGE_REDIS_TTL", "must be a duration such as 300s, 5m"],
  [{ STORAGE_PROVIDER: "gcs" }, "STORAGE_GCS_BUCKET", "must be set for the provider gcs: the name of a bucket"],
  [
    { ...GCS, STORAGE_GCS_BUCKET: "gs://payloads" },
    "STORAGE_GCS_BUCKET",
    "must be the name of a bucket, without gs://",
  ],
  [{ ...GCS, STORAGE_GCS_PREFIX: "a//b" }, "STORAGE_GCS_PREFIX", "must be a path: segments joined by /"],
  [{ ...AZURE, STORAGE_AZURE_CONTAINER: "" }, "STORAGE_AZURE_CONTAINER", "must be set for the provider azure"],
  [{ ...AZURE, STORAGE_AZURE_CONTAINER: "Payloads" }, "STORAGE_AZURE_CONTAINER", "must be a container's name: 3 to 63"],
  [{ ...AZURE, STORAGE_AZURE_ACCOUNT: "" }, "STORAGE_AZURE_ACCOUNT", "or STORAGE_AZURE_CONNECTION_STRING"],
  [{ ...AZURE, STORAGE_AZURE_ACCOUNT: "https://a.test" }, "STORAGE_AZURE_ACCOUNT", "must be the name of an account"],
  [
    { ...AZURE, STORAGE_AZURE_CONNECTION_STRING: "UseDevelopmentStorage=true" },
    "STORAGE_AZURE_ACCOUNT",
    "must not be set beside STORAGE_AZURE_CONNECTION_STRING",
  ],
  [
    { STORAGE_AZURE_CONNECTION_STRING: `AccountName=a;AccountKey=${KEY}` },
    "STORAGE_AZURE_CONNECTION_STRING",
    "must have an EndpointSuffix, such as core.windows.net",
  ],
  [{ STORAGE_AZURE_PREFIX: "../a" }, "STORAGE_AZURE_PREFIX", "must be a path: segments joined by /"],
  [{ STORAGE_OUTPUT_PREFIX: "/outputs" }, "STORAGE_OUTPUT_PREFIX", "must be a path: segments joined by /"],
  [{ STORAGE_INPUT_PREFIX: "outputs/in" }, "STORAGE_INPUT_PREFIX", "must not be inside of STORAGE_OUTPUT_PREFIX"],
  [{ MAX_INLINE_SIZE: "1KB" }, "MAX_INLINE_SIZE", "must be a whole number of at least 0"],
  [{ MAX_ENVELOPE_SIZE: "1000" }, "MAX_ENVELOPE_SIZE", "must be a whole number of at least 1024"],
  [{ STORAGE_CONCURRENCY: "0" }, "STORAGE_CONCURRENCY", "must be a whole number of at least 1"],
  [{ STORAGE_TIMEOUT: "5 minutes" }, "STORAGE_TIMEOUT", "must be a duration such as 300s, 5m"],
  [{ STORAGE_RETENTION_TTL: "1h" }, "STORAGE_RETENTION_TTL", "must be at least timeout and margin together"],
  [{ STORAGE_RETENTION_TTL: "7d" }, "STORAGE_RETENTION_TTL", "must be a duration such as 300s, 5m"],
  [{ STORAGE_BUCKET: "payloads" }, "STORAGE_BUCKET", "is not known; the nearest that is: COATCHECK_STORAGE_S3_BUCKET"],
  [{ STORAGE_PROVDIER: "s3" }, "STORAGE_PROVDIER", "is not known; the nearest that is: COATCHECK_STORAGE_PROVIDER"],
  [{ S3_REGION: "a" }, "S3_REGION", "is not known; the nearest that is: COATCHECK_"],
  [{ max_inline_size: "1" }, "max_inline_size", "is not known; the nearest that is: COATCHECK_MAX_INLINE_SIZE"],
])("%j", async (variables, name, problem) => {
  const message = await refusal(variables);
  expect(message).toContain(`COATCHECK_${name} `);
  expect(message).toContain(problem);
  expect(message).not.toContain("; COATCHECK_"); // and nothing else
});

it("all that is wrong with variables and options is said at once, and no value", async () => {
  const env = {
    COATCHECK_STORAGE_PROVIDER: "s3cr3t",
    COATCHECK_STORAGE_CONCURENCY: "s3cr3t",
    COATCHECK_S3_SSE: "s3cr3t",
  };
  const options = { options: { maxBytes: -1, timeout: "s3cr3t", retention: { ttl: 1 } } };
  const error = await failureOf(StorageManager.fromEnv(env, options as never));
  expect(error).toMatchObject({ code: "CONFIG_INVALID" });
  const { message } = error as Error;
  for (const name of [
    "STORAGE_PROVIDER",
    "STORAGE_CONCURENCY",
    "STORAGE_CONCURRENCY",
    "S3_SSE",
    "maxBytes",
    "timeout",
  ]) {
    expect(message).toContain(name);
  }
  expect(message).not.toContain("s3cr3t");
});

it("variables of others are left alone: with another prefix, and those of a service called coatcheck", async () => {
  const deployed = await StorageManager.fromEnv({ BUBU_CONTROLLER: "x" }, { envPrefix: "BUBU_" });
  expect(deployed.store).toBeUndefined();
  const ofService = {
    COATCHECK_SERVICE_HOST: "10.0.0.1",
    COATCHECK_SERVICE_PORT_HTTP: "80",
    COATCHECK_PORT: "tcp://10.0.0.1:80",
    COATCHECK_PORT_80_TCP_ADDR: "10.0.0.1",
  };
  expect((await StorageManager.fromEnv(ofService)).store).toBeUndefined();
});
