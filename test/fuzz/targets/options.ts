import type { StorageErrorCode } from "../../../src/errors/error.js";
import { StorageManager } from "../../../src/manager/storage-manager.js";
import {
  withCircuitBreaker,
  withConcurrencyLimit,
  withPrefix,
  withRetry,
  withTimeout,
  withUsageLimits,
} from "../../../src/store/layers/index.js";
import { withFeatures } from "../../../src/store/layers/features/with-features.js";
import { TieredStore } from "../../../src/store/layers/tiered/tiered-store.js";
import { MemoryStore } from "../../../src/store/drivers/memory-store.js";
import { outcomeOf, settled } from "../check.js";
import { jsonFormat } from "../format/json.js";
import { CANARY, defineTarget } from "../target.js";

type Call = (options: never) => unknown;

const store = new MemoryStore();
const manager = new StorageManager({ store });

// Options that a program may well have from a file or a request.
const CALLS: Readonly<Record<string, Call>> = {
  manager: (options: object) => new StorageManager({ ...options, store }),
  dehydrate: (options) => manager.dehydrate(1, options),
  hydrate: (options) => manager.hydrate(1, options),
  plan: (options) => manager.plan(1, options),
  retry: (options) => withRetry(store, options),
  timeout: (options) => withTimeout(store, options),
  concurrency: (options) => withConcurrencyLimit(store, options),
  circuit: (options) => withCircuitBreaker(store, options),
  usage: (options) => withUsageLimits(store, options),
  prefix: (prefix) => withPrefix(store, prefix),
  features: (options) => withFeatures(store, options),
  tiered: (options: object) => new TieredStore({ ...options, remote: store }),
};

/** The same without the canary in keys, and in the keys of resolvers: messages name fields, but never values. */
function withPublicKeys(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(withPublicKeys);
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => {
      const isName = key === "key" && typeof item === "string";
      return [publicName(key), isName ? publicName(item) : withPublicKeys(item)];
    }),
  );
}

/** Something has to stand in the canary's place: a canary within a canary would be one again. */
function publicName(name: string): string {
  return name.replaceAll(CANARY, "-");
}

/** `[what the options are of, options]` */
export const target = defineTarget<unknown>({
  format: jsonFormat,
  seeds: [
    ["manager", { maxInlineSize: 10, outputPrefix: "a/b", pack: { maxEntrySize: 1 }, allow: ["x", "s3://b"] }],
    ["manager", { dialect: "bubustack", references: "escape", readCache: { maxBytes: 1 }, pack: false }],
    ["manager", { resolvers: [{ key: "$storageX" }], store: 1, concurrency: 0 }],
    ["dehydrate", { scope: "a/b", prefix: "s3://b/c", schema: "x", maxEnvelopeSize: 1024 }],
    ["hydrate", { allow: ["a"], resolvers: false, maxBytes: 1, signal: {} }],
    ["plan", { references: "reject" }],
    ["retry", { attempts: 2, baseDelay: 1, maxElapsed: 5 }],
    ["timeout", { timeout: 1 }],
    ["concurrency", { limit: 1 }],
    ["circuit", { failures: 1, resetAfter: 1 }],
    ["usage", { requests: 1, egressBytes: 1 }],
    ["prefix", "a/b/"],
    ["features", { loose: ["write"], simulate: ["copy"] }],
    ["tiered", { maxBytes: 1, validate: "maxAge", ttl: 1, staleIfError: true }],
  ],
  async run(input) {
    if (!Array.isArray(input)) return;
    const [what, given] = input as unknown[];
    const call = typeof what === "string" && Object.hasOwn(CALLS, what) ? CALLS[what]! : undefined;
    if (call === undefined) return;
    const options = withPublicKeys(given);
    const codes: StorageErrorCode[] = ["CONFIG_INVALID"];
    if (what === "features") codes.push("UNSUPPORTED");
    if (what === "prefix") codes.push("INVALID_PATH");
    // A prefix that the store has no way to is found when it is used.
    if (what === "dehydrate" || what === "plan") codes.push("UNKNOWN_SCHEME");
    if (what === "dehydrate" || what === "hydrate") {
      await settled(codes, () => Promise.resolve(call(options as never)));
    } else {
      outcomeOf(codes, () => call(options as never));
    }
  },
});
