import { AzureStore } from "../src/azure.js";
import { GcsStore } from "../src/gcs.js";
import {
  aes256gcm,
  binary,
  brotli,
  defineStore,
  FailoverStore,
  FileStore,
  checkLifecycle,
  gzip,
  lifecycleRules,
  MemoryStore,
  migrate,
  MigratingStore,
  openValue,
  packValue,
  ReplicatedStore,
  resetSharedManagers,
  stored,
  RoutingStore,
  SchemaRegistry,
  sharedManager,
  StorageManager,
  TieredStore,
  withCircuitBreaker,
  withConcurrencyLimit,
  withFeatures,
  withRetry,
  withTimeout,
  withUsageLimits,
  zstd,
  type StorageReference,
  type Store,
} from "../src/index.js";
import { RedisStore } from "../src/redis.js";
import { S3Store } from "../src/s3.js";
import { FakeClock, FaultStore, storeConformance } from "../src/testing/index.js";
import { failureOf } from "./support/failure.js";
import { longText } from "./support/payloads.js";

// An option that is not known must not be passed over in silence: a misspelt `dryRun` deletes.

afterAll(resetSharedManagers);

type Unknown = Record<string, unknown>;

const ANY = { "~standard": { version: 1, vendor: "test", validate: (value: unknown) => ({ value }) } } as const;

// It must not come to a test.
const RUNNER = {
  describe: (name: string) => {
    throw new Error(name);
  },
  it: () => undefined,
};

const FUNCTIONS = { name: "a", get: () => null, put: () => null, delete: () => null, keys: () => [] };

const each = (): Promise<{ manager: StorageManager; store: MemoryStore; reference: StorageReference }> => {
  const store = new MemoryStore();
  const manager = new StorageManager({ store });
  return manager
    .dehydrate(longText("a"), { scope: "s" })
    .then((reference) => ({ manager, store, reference: reference as StorageReference }));
};

const METHODS: Record<string, (manager: StorageManager, reference: StorageReference, options: Unknown) => unknown> = {
  dehydrate: (manager, _, options) => manager.dehydrate("a", options),
  dehydrateInputs: (manager, _, options) => manager.dehydrateInputs("a", options),
  plan: (manager, _, options) => manager.plan("a", options),
  hydrate: (manager, reference, options) => manager.hydrate(reference, options),
  pick: (manager, reference, options) => manager.pick(reference, "", options),
  open: (manager, reference, options) => manager.open(reference, options),
  select: (manager, reference, options) => manager.select(reference, "a", options),
  presign: (manager, _, options) => manager.presign("outputs/a", { method: "GET", expiresIn: 1, ...options }),
  writeBlob: (manager, _, options) => manager.writeBlob("outputs/a", "a", options),
  readBlob: (manager, reference, options) => manager.readBlob(reference.$storageRef, options),
  list: (manager, _, options) => manager.list("", options).next(),
  delete: (manager, reference, options) => manager.delete(reference.$storageRef, options),
  release: (manager, _, options) => manager.release("s", options),
  releaseOf: (manager, reference, options) => manager.releaseOf(reference, options),
  adopt: (manager, reference, options) => manager.adopt(reference, { scope: "other", ...options }),
  collect: (manager, _, options) => manager.collect(options),
  check: (manager, _, options) => manager.check(options),
  usage: (manager, _, options) => manager.usage(undefined, options).next(),
  done: (manager, _, options) => manager.done("s", "a", { readers: ["a"], ...options }),
  reencrypt: (manager, _, options) => manager.reencrypt("outputs/", options),
  verify: (manager, reference, options) => manager.verify(reference, options),
  verifyPrefix: (manager, _, options) => manager.verifyPrefix("outputs/", options),
};

// What none of these methods has; the last is one of other calls, which would have no effect.
const WITHOUT_EFFECT = [{ dryrun: true }, { offest: 1 }, { shema: undefined }, { concurrency: 1 }];
const TAKES_NO_TIMEOUT = [
  "open",
  "select",
  "presign",
  "writeBlob",
  "readBlob",
  "list",
  "delete",
  "release",
  "releaseOf",
  "done",
  "adopt",
  "collect",
  "check",
  "usage",
  "reencrypt",
];

describe("a method of the manager refuses unknown options, and does nothing", () => {
  it.each(Object.keys(METHODS))("%s", async (name) => {
    const wrong: unknown[] = [...WITHOUT_EFFECT, [], null, "options", new Map()];
    if (TAKES_NO_TIMEOUT.includes(name)) wrong.push({ timeout: 1000 });
    for (const options of wrong) {
      const { manager, store, reference } = await each();
      // Spread into options that must be there, only an object adds to them.
      if (
        ["presign", "done", "adopt"].includes(name) &&
        !(typeof options === "object" && options !== null && Object.keys(options).length > 0)
      )
        continue;
      const error = await failureOf(
        Promise.resolve().then(() => METHODS[name]!(manager, reference, options as Unknown)),
      );
      expect(error).toMatchObject({ code: "CONFIG_INVALID" });
      expect((await store.list("").next()).value).toMatchObject({ path: reference.$storageRef });
    }
  });

  it("all methods are in the table, but for those without options", () => {
    const names = Object.getOwnPropertyNames(StorageManager.prototype).filter(
      (name) => !["constructor", "store", "close", "forTenant"].includes(name),
    );
    expect(Object.keys(METHODS).sort()).toEqual(names.sort());
  });
});

describe("a function or class refuses unknown options", () => {
  const store: Store = new MemoryStore();
  it.each<[string, (options: Unknown) => unknown]>([
    ["StorageManager", (options) => new StorageManager(options)],
    ["StorageManager.fromEnv", (options) => StorageManager.fromEnv({}, options)],
    ["sharedManager", (options) => sharedManager({}, options)],
    ["defineStore", (options) => defineStore({ ...FUNCTIONS, ...options })],
    ["FileStore", (options) => new FileStore({ root: "/tmp", ...options })],
    ["RoutingStore", (options) => new RoutingStore({ primary: store, ...options })],
    ["TieredStore", (options) => new TieredStore({ remote: store, ...options })],
    ["FailoverStore", (options) => new FailoverStore({ stores: { store }, ...options })],
    ["ReplicatedStore", (options) => new ReplicatedStore({ stores: { store }, ...options })],
    ["ReplicatedStore.repair", (options) => new ReplicatedStore({ stores: { store } }).repair("a", options)],
    ["ReplicatedStore.scrub", (options) => new ReplicatedStore({ stores: { store } }).scrub("", options)],
    [
      "MigratingStore",
      (options) => new MigratingStore({ from: store, to: new MemoryStore(), phase: "move", ...options }),
    ],
    ["lifecycleRules", (options) => lifecycleRules("s3", { ttl: 1, ...options })],
    ["checkLifecycle", (options) => checkLifecycle([], { ttl: 1, ...options })],
    ["migrate", (options) => migrate({ from: store, to: new MemoryStore(), ...options })],
    ["withRetry", (options) => withRetry(store, options)],
    ["withTimeout", (options) => withTimeout(store, { timeout: 1, ...options })],
    ["withConcurrencyLimit", (options) => withConcurrencyLimit(store, { limit: 1, ...options })],
    ["withCircuitBreaker", (options) => withCircuitBreaker(store, options)],
    ["withUsageLimits", (options) => withUsageLimits(store, options)],
    ["withFeatures", (options) => withFeatures(store, options)],
    ["binary", (options) => binary("a", options)],
    ["stored", (options) => stored("inputs/a", options)],
    ["packValue", (options) => packValue(new StorageManager({}), "a", options)],
    ["openValue", (options) => openValue(new StorageManager({}), "a", options)],
    ["gzip", (options) => gzip(options)],
    ["brotli", (options) => brotli(options)],
    ["zstd", (options) => zstd(options)],
    ["aes256gcm", (options) => aes256gcm({ keys: { a: new Uint8Array(32) }, activeKeyId: "a", ...options })],
    ["S3Store", (options) => new S3Store({ bucket: "a", clientConfig: { region: "us-east-1" }, ...options })],
    ["RedisStore", (options) => new RedisStore({ url: "redis://localhost", ...options })],
    ["GcsStore", (options) => new GcsStore({ bucket: "bucket", ...options })],
    ["AzureStore", (options) => new AzureStore({ container: "container", accountUrl: "https://a.test", ...options })],
    ["SchemaRegistry.register", (options) => new SchemaRegistry().register("a", "1", options as never)],
    ["SchemaRegistry.register, version", (options) => new SchemaRegistry().register("a", options as never, ANY)],
    ["SchemaRegistry.upgrade", (options) => new SchemaRegistry().upgrade("a", "1", "2", options as never)],
    ["SchemaRegistry.check", (options) => new SchemaRegistry().check({ schema: "a", ...options }, 1)],
    ["SchemaRegistry.check, no tag", (options) => new SchemaRegistry().check(options as never, 1)],
    ["FakeClock", (options) => new FakeClock(options as never)],
    ["FakeClock.advance", (options) => new FakeClock().advance(options as never)],
    ["FaultStore", (options) => new FaultStore(store, { faults: [], ...options })],
    ["FaultStore, a rule", (options) => new FaultStore(store, { faults: [{ fault: { hang: true }, ...options }] })],
    ["FaultStore, a fault", (options) => new FaultStore(store, { faults: [{ fault: { hang: true, ...options } }] })],
    ["storeConformance", (options) => storeConformance(RUNNER, { name: "a", create: () => store, ...options })],
    ["storeConformance, runner", (options) => storeConformance(options as never, { name: "a", create: () => store })],
  ])("%s", async (_, call) => {
    for (const options of WITHOUT_EFFECT.slice(0, 3)) {
      expect(await failureOf(Promise.resolve().then(() => call(options)))).toMatchObject({ code: "CONFIG_INVALID" });
    }
  });

  it.each([null, "env", [], 1])("an environment that is none: %j", async (env) => {
    expect(await failureOf(StorageManager.fromEnv(env as unknown as NodeJS.ProcessEnv))).toMatchObject({
      code: "CONFIG_INVALID",
    });
  });

  it("a variable that is no text", async () => {
    const env = { COATCHECK_MAX_INLINE_SIZE: 5 } as unknown as NodeJS.ProcessEnv;
    expect(await failureOf(StorageManager.fromEnv(env))).toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringContaining("COATCHECK_MAX_INLINE_SIZE") as string,
    });
  });
});
