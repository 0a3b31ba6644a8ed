import fc from "fast-check";
import type { EnvironmentSettings } from "../../src/configure/env.js";
import { parseEnvironment } from "../support/parse-environment.js";
import { isStorageError, type StorageError } from "../../src/errors/error.js";

const parse = (variables: Record<string, string | undefined>, prefix = "COATCHECK_"): EnvironmentSettings =>
  parseEnvironment(
    Object.fromEntries(Object.entries(variables).map(([name, value]) => [prefix + name, value])),
    prefix,
  );

const S3 = { STORAGE_PROVIDER: "s3", STORAGE_S3_BUCKET: "payloads" };
const parseS3 = (variables: Record<string, string> = {}) => parse({ ...S3, ...variables }).storage;

function refusal(variables: Record<string, string>): string {
  try {
    parse(variables);
  } catch (error) {
    expect(isStorageError(error, "CONFIG_INVALID")).toBe(true);
    const { message } = error as StorageError;
    const facts = " [CONFIG_INVALID, configure]";
    expect(message.endsWith(facts)).toBe(true);
    return message.slice(0, -facts.length);
  }
  throw new Error("nothing was thrown");
}

describe("parseEnvironment", () => {
  it("gives the defaults for an empty environment, and for one of blanks", () => {
    const defaults = {
      storage: { provider: "none" },
      retention: { gcInterval: 120_000, maxScan: 2_000, maxDelete: 200 },
    };
    expect(parse({})).toEqual(defaults);
    const names = [
      "STORAGE_PROVIDER",
      "STORAGE_PATH",
      "MAX_INLINE_SIZE",
      "STORAGE_TIMEOUT",
      "S3_MAX_RETRIES",
      "S3_SSE",
    ];
    expect(parse(Object.fromEntries(names.map((name) => [name, " \t"])))).toEqual(defaults);
    expect(parse(Object.fromEntries(names.map((name) => [name, undefined])))).toEqual(defaults);
  });

  it("reads every variable, with outer spaces", () => {
    expect(
      parse({
        STORAGE_PROVIDER: " S3 ",
        STORAGE_PATH: "/unused",
        STORAGE_S3_BUCKET: " payloads ",
        STORAGE_S3_REGION: "eu-central-1",
        STORAGE_S3_ENDPOINT: "http://ceph.local:7480/",
        STORAGE_OUTPUT_PREFIX: "out/puts/",
        STORAGE_INPUT_PREFIX: "in",
        MAX_INLINE_SIZE: "2048",
        MAX_RECURSION_DEPTH: "20",
        STORAGE_TIMEOUT: "5m",
        S3_MAX_RETRIES: "0",
        S3_MAX_BACKOFF: "1.5s",
        S3_TIMEOUT: "500ms",
        S3_FORCE_PATH_STYLE: "no",
        S3_TLS: "false",
        S3_ACCESS_KEY_ID: "id",
        S3_SECRET_ACCESS_KEY: "secret",
        S3_SESSION_TOKEN: "token",
        S3_MAX_PART_SIZE: "5242880",
        S3_CONCURRENCY: "8",
        S3_SSE: "kms",
        S3_SSE_KMS_KEY: "alias/payloads",
        STORAGE_RETENTION_GC_INTERVAL: "1h",
        STORAGE_RETENTION_MAX_SCAN: "10",
        STORAGE_RETENTION_MAX_DELETE: "1",
      }),
    ).toEqual({
      storage: {
        provider: "s3",
        bucket: "payloads",
        region: "eu-central-1",
        endpoint: "http://ceph.local:7480",
        forcePathStyle: false,
        credentials: { accessKeyId: "id", secretAccessKey: "secret", sessionToken: "token" },
        maxRetries: 0,
        maxBackoff: 1_500,
        timeout: 500,
        partSize: 5_242_880,
        queueSize: 8,
        sse: "kms",
        kmsKeyId: "alias/payloads",
      },
      maxInlineSize: 2_048,
      maxRecursionDepth: 20,
      outputPrefix: "out/puts",
      inputPrefix: "in",
      timeout: 300_000,
      retention: { gcInterval: 3_600_000, maxScan: 10, maxDelete: 1 },
    });
  });

  it.each(["0", "0s"])("takes %s for the time between two passes: every pass runs", (none) => {
    const env = { COATCHECK_STORAGE_RETENTION_GC_INTERVAL: none };
    expect(parseEnvironment(env, "COATCHECK_").retention.gcInterval).toBe(0);
  });

  it("reads the variables of the prefix, and no others", () => {
    const env = { BUBU_STORAGE_PROVIDER: "file", BUBU_STORAGE_PATH: "/data", COATCHECK_STORAGE_PROVIDER: "wrong" };
    expect(parseEnvironment(env, "BUBU_").storage).toEqual({ provider: "file", root: "/data" });
    expect(parseEnvironment({ MAX_INLINE_SIZE: "7" }, "").maxInlineSize).toBe(7);
    expect(() => parseEnvironment(env, "COATCHECK_")).toThrow(
      "COATCHECK_STORAGE_PROVIDER must be file, s3, redis, gcs, azure or none",
    );
    expect(() => parseEnvironment(env, undefined as unknown as string)).toThrow(
      'The option "envPrefix" must be a string. [CONFIG_INVALID, configure]',
    );
  });

  it("has defaults for S3", () => {
    expect(parseS3()).toEqual({
      provider: "s3",
      bucket: "payloads",
      forcePathStyle: false,
      maxRetries: 3,
      maxBackoff: 10_000,
    });
  });

  it.each([
    ["1", true],
    ["true", true],
    ["T", true],
    ["Yes", true],
    ["y", true],
    ["ON", true],
    ["0", false],
    ["False", false],
    ["f", false],
    ["no", false],
    ["N", false],
    ["off", false],
  ])("reads the boolean %s", (value, expected) => {
    expect(parseS3({ S3_FORCE_PATH_STYLE: value })).toMatchObject({ forcePathStyle: expected });
  });

  it.each([
    ["s3", "s3"],
    ["SSE-S3", "s3"],
    ["AES256", "s3"],
    ["kms", "kms"],
    ["aws:kms", "kms"],
  ])("reads the encryption %s", (value, expected) => {
    expect(parseS3({ S3_SSE: value })).toMatchObject({ sse: expected });
  });

  it.each([
    ["ceph.local", undefined, "https://ceph.local"],
    ["ceph.local:7480", "true", "https://ceph.local:7480"],
    ["ceph.local:7480", "false", "http://ceph.local:7480"],
    ["[::1]:9000", "false", "http://[::1]:9000"],
    ["http://ceph.local:7480", undefined, "http://ceph.local:7480"],
    ["https://ceph.local/", "1", "https://ceph.local"],
    ["HTTPS://ceph.local:443/gateway//#part", undefined, "https://ceph.local/gateway"],
  ])("reads the endpoint %s with S3_TLS %s", (endpoint, tls, expected) => {
    const settings = parseS3({ STORAGE_S3_ENDPOINT: endpoint, ...(tls !== undefined && { S3_TLS: tls }) });
    expect(settings).toMatchObject({ endpoint: expected, forcePathStyle: true });
  });

  it("keeps explicit credentials without a session token", () => {
    expect(parseS3({ S3_ACCESS_KEY_ID: "id", S3_SECRET_ACCESS_KEY: "secret" })).toMatchObject({
      credentials: { accessKeyId: "id", secretAccessKey: "secret" },
    });
  });

  const count = "must be a whole number of at least";
  const duration = "must be a duration such as 300s, 5m or 1h30m, longer than 0 and at most 2147483647ms";
  const endpoint =
    "must be a host, or a URL of http or https, without credentials or a query: such as https://minio.example.com:9000";
  const path = "must be a path: segments joined by /, none of them . or ..";

  it.each<[string, string, string]>([
    ["STORAGE_PROVIDER", "gs", "must be file, s3, redis, gcs, azure or none"],
    ["MAX_INLINE_SIZE", "1k", `${count} 0`],
    ["MAX_INLINE_SIZE", "-1", `${count} 0`],
    ["MAX_INLINE_SIZE", "1.5", `${count} 0`],
    ["MAX_INLINE_SIZE", "1e3", `${count} 0`],
    ["MAX_INLINE_SIZE", "0x10", `${count} 0`],
    ["MAX_INLINE_SIZE", "9007199254740992", `${count} 0`],
    ["MAX_RECURSION_DEPTH", "-1", `${count} 0`],
    ["STORAGE_TIMEOUT", "300", duration],
    ["STORAGE_TIMEOUT", "5 parsecs", duration],
    ["STORAGE_TIMEOUT", "-5s", duration],
    ["STORAGE_TIMEOUT", "0s", duration],
    ["STORAGE_TIMEOUT", "0", duration],
    ["STORAGE_TIMEOUT", "597h", duration],
    ["STORAGE_OUTPUT_PREFIX", "../outputs", path],
    ["STORAGE_OUTPUT_PREFIX", "/", path],
    ["STORAGE_INPUT_PREFIX", "/inputs", path],
    ["S3_MAX_RETRIES", "many", `${count} 0`],
    ["S3_MAX_BACKOFF", "soon", duration],
    ["S3_TIMEOUT", "10", duration],
    ["S3_FORCE_PATH_STYLE", "maybe", "must be true or false"],
    ["S3_TLS", "tls", "must be true or false"],
    ["S3_MAX_PART_SIZE", "5242879", "must be a whole number from 5242880 to 5368709120"],
    ["S3_MAX_PART_SIZE", "8MiB", "must be a whole number from 5242880 to 5368709120"],
    ["S3_CONCURRENCY", "0", `${count} 1`],
    ["S3_SSE", "yes", "must be s3 or kms"],
    ["STORAGE_S3_ENDPOINT", "ftp://ceph.local", endpoint],
    ["STORAGE_S3_ENDPOINT", "http://", endpoint],
    ["STORAGE_S3_ENDPOINT", "ce ph", endpoint],
    ["STORAGE_S3_ENDPOINT", "https://id:secret@ceph.local", endpoint],
    ["STORAGE_S3_ENDPOINT", "https://id@ceph.local", endpoint],
    ["STORAGE_S3_ENDPOINT", "https://ceph.local?key=secret", endpoint],
    ["STORAGE_RETENTION_GC_INTERVAL", "2", duration.replace("longer than 0 and ", "")],
    ["STORAGE_RETENTION_MAX_SCAN", "0", `${count} 1`],
    ["STORAGE_RETENTION_MAX_DELETE", "all", `${count} 1`],
  ])("refuses %s=%s, whatever the provider", (name, value, problem) => {
    const message = `The environment is not valid: COATCHECK_${name} ${problem}.`;
    expect(refusal({ [name]: value })).toBe(message);
    if (name !== "STORAGE_PROVIDER") expect(refusal({ ...S3, [name]: value })).toContain(message.slice(0, -1));
  });

  it.each<[Record<string, string>, string]>([
    [
      { STORAGE_PROVIDER: "file" },
      "COATCHECK_STORAGE_PATH must be set for the provider file: a directory, such as /var/lib/payloads",
    ],
    [
      { STORAGE_PROVIDER: "file", STORAGE_PATH: " " },
      "COATCHECK_STORAGE_PATH must be set for the provider file: a directory, such as /var/lib/payloads",
    ],
    [{ STORAGE_PROVIDER: "s3" }, "COATCHECK_STORAGE_S3_BUCKET must be set for the provider s3: the name of a bucket"],
    [{ ...S3, S3_TLS: "" }, "COATCHECK_S3_TLS must not be blank: true, false, or not set"],
    [{ ...S3, S3_TLS: "  " }, "COATCHECK_S3_TLS must not be blank: true, false, or not set"],
    [
      { ...S3, S3_TLS: "true", STORAGE_S3_ENDPOINT: "http://ceph.local" },
      "COATCHECK_S3_TLS does not agree with the scheme of the endpoint: true is for https, false for http",
    ],
    [
      { ...S3, S3_TLS: "off", STORAGE_S3_ENDPOINT: "https://ceph.local" },
      "COATCHECK_S3_TLS does not agree with the scheme of the endpoint: true is for https, false for http",
    ],
    [
      { ...S3, S3_ACCESS_KEY_ID: "id" },
      "COATCHECK_S3_SECRET_ACCESS_KEY must be set, as other credentials are, or none of them",
    ],
    [
      { ...S3, S3_SECRET_ACCESS_KEY: "secret" },
      "COATCHECK_S3_ACCESS_KEY_ID must be set, as other credentials are, or none of them",
    ],
    [
      { ...S3, S3_SESSION_TOKEN: "token" },
      "COATCHECK_S3_ACCESS_KEY_ID must be set, as other credentials are, or none of them; " +
        "COATCHECK_S3_SECRET_ACCESS_KEY must be set, as other credentials are, or none of them",
    ],
    [{ ...S3, S3_SSE_KMS_KEY: "key" }, "COATCHECK_S3_SSE_KMS_KEY needs the encryption kms: S3_SSE=kms"],
    [{ ...S3, S3_SSE_KMS_KEY: "key", S3_SSE: "s3" }, "COATCHECK_S3_SSE_KMS_KEY needs the encryption kms: S3_SSE=kms"],
  ])("refuses what does not fit together: %j", (variables, problems) => {
    expect(refusal(variables)).toBe(`The environment is not valid: ${problems}.`);
    // The same variables are in nobody's way when another provider is chosen.
    expect(parse({ ...variables, STORAGE_PROVIDER: "none" }).storage).toEqual({ provider: "none" });
  });

  it.each([
    [{ STORAGE_S3_BUCKET: "s3://b/x" }, "COATCHECK_STORAGE_S3_BUCKET must be the name alone"],
    [{ STORAGE_S3_BUCKET: "b/x" }, "what follows the slash goes into STORAGE_S3_PREFIX"],
    [{ STORAGE_S3_REGION: "eu central" }, "COATCHECK_STORAGE_S3_REGION must be the name of a region"],
  ])("refuses what no bucket and no region is called: %j", (variables, problem) => {
    expect(refusal({ ...S3, ...variables })).toContain(problem);
  });

  it.each(["file:///srv/payloads", "s3://bucket"])("refuses what is no directory: %s", (path) => {
    expect(refusal({ STORAGE_PROVIDER: "file", STORAGE_PATH: path })).toContain(
      "COATCHECK_STORAGE_PATH must be a path and not a URL",
    );
  });

  it("names every wrong variable at once, and no value", () => {
    const message = refusal({
      STORAGE_PROVIDER: "s3",
      S3_MAX_RETRIES: "s3cr3t",
      S3_SECRET_ACCESS_KEY: "s3cr3t",
      STORAGE_S3_ENDPOINT: "https://s3cr3t:s3cr3t@ceph.local",
      S3_TLS: "s3cr3t",
      STORAGE_TIMEOUT: "s3cr3t",
      STORAGE_OUTPUT_PREFIX: "../s3cr3t",
    });
    for (const name of [
      "S3_MAX_RETRIES",
      "STORAGE_S3_BUCKET",
      "S3_ACCESS_KEY_ID",
      "STORAGE_S3_ENDPOINT",
      "S3_TLS",
      "STORAGE_TIMEOUT",
      "STORAGE_OUTPUT_PREFIX",
    ]) {
      expect(message).toContain(`COATCHECK_${name} must be`);
    }
    expect(message).not.toContain("s3cr3t");
  });

  it("throws nothing but CONFIG_INVALID, whatever the values", () => {
    const name = fc.constantFrom(
      ...["STORAGE_PROVIDER", "STORAGE_PATH", "STORAGE_S3_BUCKET", "STORAGE_S3_ENDPOINT", "STORAGE_OUTPUT_PREFIX"],
      ...["MAX_INLINE_SIZE", "STORAGE_TIMEOUT", "S3_MAX_RETRIES", "S3_TLS", "S3_SSE", "S3_ACCESS_KEY_ID"],
    );
    const value = fc.oneof(
      fc.string(),
      fc.constantFrom("s3", "file", "1", "true", "5m", "http://a", "a/b"),
      fc.webUrl(),
    );
    fc.assert(
      fc.property(fc.dictionary(name, value), (variables) => {
        try {
          parse(variables);
        } catch (error) {
          expect(isStorageError(error, "CONFIG_INVALID")).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe("STORAGE_RETENTION_TTL", () => {
  it("is a duration, or never", () => {
    expect(parse({ STORAGE_RETENTION_TTL: "168h" }).retention.ttl).toBe(604_800_000);
    expect(parse({ STORAGE_RETENTION_TTL: "Never" }).retention.ttl).toBe("never");
    expect(parse({}).retention.ttl).toBeUndefined();
  });

  it("is refused when a call may take as long, by name", () => {
    expect(refusal({ STORAGE_RETENTION_TTL: "1h" })).toContain(
      "COATCHECK_STORAGE_RETENTION_TTL must be at least timeout",
    );
    expect(refusal({ STORAGE_RETENTION_TTL: "2h", STORAGE_TIMEOUT: "61m" })).toContain("STORAGE_RETENTION_TTL");
    expect(parse({ STORAGE_RETENTION_TTL: "2h", STORAGE_TIMEOUT: "60m" }).retention.ttl).toBe(7_200_000);
    expect(refusal({ STORAGE_RETENTION_TTL: "7 days" })).toContain("STORAGE_RETENTION_TTL must be a duration");
  });
});
