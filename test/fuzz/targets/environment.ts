import { parseEnvironment } from "../../support/parse-environment.js";
import { assert, assertEqual, outcomeOf } from "../check.js";
import { jsonFormat } from "../format/json.js";
import { defineTarget } from "../target.js";

const FILE = { STORAGE_PROVIDER: "file", STORAGE_PATH: "/var/lib/x", STORAGE_OUTPUT_PREFIX: "outputs//" };
const S3 = {
  STORAGE_PROVIDER: "S3",
  STORAGE_S3_BUCKET: "b",
  STORAGE_S3_REGION: "eu-central-1",
  STORAGE_S3_ENDPOINT: "https://s3.example.com:9000/base/",
  S3_TLS: "yes",
  S3_MAX_RETRIES: "3",
  S3_MAX_BACKOFF: "1.5s",
  S3_ACCESS_KEY_ID: "id",
  S3_SECRET_ACCESS_KEY: "secret",
  S3_MAX_PART_SIZE: "5242880",
  S3_SSE: "aws:kms",
  S3_SSE_KMS_KEY: "k",
};

/** The variables of an environment. */
export const target = defineTarget<unknown>({
  format: jsonFormat,
  seeds: [
    FILE,
    S3,
    { STORAGE_TIMEOUT: "1h30m.5s100ms7us", STORAGE_RETENTION_GC_INTERVAL: "2m", S3_TIMEOUT: "0" },
    { STORAGE_RETENTION_TTL: "never" },
    { MAX_INLINE_SIZE: "1024", MAX_RECURSION_DEPTH: "0x10", STORAGE_INPUT_PREFIX: "a/../b" },
    { STORAGE_PROVIDER: "s3", S3_SECRET_ACCESS_KEY: "secret", STORAGE_S3_ENDPOINT: "http://u:p@h/?q" },
  ],
  words: ["ms", "µs", "h", "://", "user:password@"],
  run(input) {
    if (typeof input !== "object" || input === null) return;
    const env = Object.fromEntries(Object.entries(input).filter(([, value]) => typeof value === "string")) as Record<
      string,
      string
    >;
    const { value: settings } = outcomeOf(["CONFIG_INVALID"], () => parseEnvironment(env, ""));
    if (settings === undefined) return;
    const { storage, retention } = settings;
    const { ttl, ...durations } = retention;
    const numbers = [settings.maxInlineSize, settings.maxRecursionDepth, settings.timeout, ...Object.values(durations)];
    if (ttl !== "never") numbers.push(ttl);
    assert(
      numbers.every((value) => value === undefined || (Number.isSafeInteger(value) && value >= 0)),
      "A number is none.",
    );
    if (storage.provider === "file") assert(storage.root.trim() !== "", "The file store has no root.");
    if (storage.provider === "s3") {
      assert(storage.bucket !== "", "The S3 store has no bucket.");
      if (storage.endpoint !== undefined) {
        const url = new URL(storage.endpoint);
        assert(url.username + url.password + url.search === "", "The endpoint carries what it must not.");
        assert(!storage.endpoint.endsWith("/"), "The endpoint ends in a slash.");
      }
    }
    // Outer spaces don't count.
    const spaced = Object.fromEntries(Object.entries(env).map(([name, value]) => [name, ` ${value}\t`]));
    assertEqual(parseEnvironment(spaced, ""), settings, "The settings with spaces around the values");
  },
});
