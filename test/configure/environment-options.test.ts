import { tmpdir } from "node:os";
import { AzureStore } from "../../src/azure.js";
import { GcsStore } from "../../src/gcs.js";
import { gzip, MemoryStore, StorageManager, type StorageEvent, type StorageManagerOptions } from "../../src/index.js";
import { RedisStore } from "../../src/redis.js";
import { failureOf } from "../support/failure.js";
import { longText } from "../support/payloads.js";

const HOUR = 3_600_000;

describe("options of fromEnv", () => {
  it("are laid over what the variables say", async () => {
    const events: StorageEvent[] = [];
    const store = new MemoryStore();
    const env = { COATCHECK_MAX_INLINE_SIZE: "100000", COATCHECK_STORAGE_OUTPUT_PREFIX: "results" };
    const options = {
      store,
      maxInlineSize: 10,
      codecs: [gzip()],
      observer: (event: StorageEvent) => events.push(event),
    };
    const manager = await StorageManager.fromEnv(env, { options });
    const reference = await manager.dehydrate(longText("a"), { scope: "s" });
    expect(reference).toMatchObject({
      $storageEncoding: "gzip",
      $storageRef: expect.stringMatching(/^results\/s\//) as string,
    });
    expect(events.map(({ operation }) => operation)).toContain("dehydrate");
    expect(manager.store).toBe(store);
  });

  it("lay a retention over field by field", async () => {
    const env = { COATCHECK_STORAGE_RETENTION_TTL: "2h" };
    const store = new MemoryStore();
    const path = async (retention: StorageManagerOptions["retention"]) => {
      const manager = await StorageManager.fromEnv(env, { options: { store, retention } });
      return JSON.stringify(await manager.dehydrate(longText("a"), { scope: "s" }));
    };
    expect(await path({ maxScan: 1, ttl: undefined })).toMatch(/s\/@\d{4}-\d\d-\d\dT\d\d\//);
    expect(await path({ ttl: 100 * HOUR })).toMatch(/s\/@\d{4}-\d\d-\d\d\//);
    expect(await path({ ttl: "never" })).toMatch(/outputs\/s\/[0-9a-f]/);
    expect(await path(undefined)).toMatch(/s\/@\d{4}-\d\d-\d\dT\d\d\//);
  });

  it("take part in what must fit together", async () => {
    const store = new MemoryStore();
    const make = (env: NodeJS.ProcessEnv, options: StorageManagerOptions) =>
      StorageManager.fromEnv(env, { options: { store, ...options } });
    const short = { COATCHECK_STORAGE_RETENTION_TTL: "1h" };
    expect(await failureOf(make(short, {}))).toMatchObject({
      message: expect.stringMatching(/COATCHECK_STORAGE_RETENTION_TTL must be at least/) as string,
    });
    await make(short, { retention: { margin: 0 } });
    await make({ COATCHECK_STORAGE_INPUT_PREFIX: "outputs/in" }, { outputPrefix: "results" });
    const nested = await failureOf(make({ COATCHECK_STORAGE_INPUT_PREFIX: "results/in" }, { outputPrefix: "results" }));
    expect((nested as Error).message).toContain("COATCHECK_STORAGE_INPUT_PREFIX must not be inside");
  });

  it.each([{ options: null }, { options: [] }, { options: new Map() }, { options: { unknown: 1 } }, { option: {} }])(
    "that are none are CONFIG_INVALID: %j",
    async (options) => {
      expect(await failureOf(StorageManager.fromEnv({}, options as never))).toMatchObject({ code: "CONFIG_INVALID" });
    },
  );

  it("are read once, when the call is made", async () => {
    let reads = 0;
    const options = {
      get maxInlineSize() {
        return reads++ === 0 ? 10 : -1;
      },
    };
    await StorageManager.fromEnv({}, { options });
    expect(reads).toBe(1);
  });
});

describe("providers of fromEnv", () => {
  it("redis", async () => {
    const manager = await StorageManager.fromEnv({
      COATCHECK_STORAGE_PROVIDER: "redis",
      COATCHECK_STORAGE_REDIS_URL: "redis://127.0.0.1:1",
      COATCHECK_STORAGE_REDIS_TTL: "24h",
      COATCHECK_STORAGE_REDIS_PREFIX: "mine",
    });
    expect(manager.store).toBeInstanceOf(RedisStore);
    await manager.close();
  });

  it("gcs", async () => {
    const manager = await StorageManager.fromEnv({
      COATCHECK_STORAGE_PROVIDER: "gcs",
      COATCHECK_STORAGE_GCS_BUCKET: "payloads",
      COATCHECK_STORAGE_GCS_PREFIX: "a/b/",
    });
    expect(manager.store).toBeInstanceOf(GcsStore);
    expect(manager.store!.capability.maxPathLength).toBe(1020);
    await manager.close();
  });

  it("azure, by a connection string", async () => {
    const manager = await StorageManager.fromEnv({
      COATCHECK_STORAGE_PROVIDER: "azure",
      COATCHECK_STORAGE_AZURE_CONTAINER: "payloads",
      COATCHECK_STORAGE_AZURE_CONNECTION_STRING: "UseDevelopmentStorage=true",
      COATCHECK_STORAGE_AZURE_PREFIX: "a",
    });
    expect(manager.store).toBeInstanceOf(AzureStore);
    expect(manager.store!.capability.maxPathLength).toBe(1022);
    await manager.close();
  });

  it("azure, by an account whose key Azure's own variables have; without one the missing package is named", async () => {
    const azure = {
      COATCHECK_STORAGE_PROVIDER: "azure",
      COATCHECK_STORAGE_AZURE_CONTAINER: "payloads",
      COATCHECK_STORAGE_AZURE_ACCOUNT: "account",
    };
    expect(await failureOf(StorageManager.fromEnv(azure))).toMatchObject({
      code: "MISSING_DEPENDENCY",
      message: expect.stringContaining("@azure/identity") as string,
    });
    const environment = { ...process.env };
    process.env["AZURE_STORAGE_ACCOUNT"] = "account";
    process.env["AZURE_STORAGE_KEY"] = Buffer.alloc(64).toString("base64");
    try {
      const manager = await StorageManager.fromEnv(azure);
      expect(manager.store).toBeInstanceOf(AzureStore);
      await manager.close();
    } finally {
      process.env = environment;
    }
  });

  it("file, with what the other sizes say", async () => {
    const manager = await StorageManager.fromEnv({
      COATCHECK_STORAGE_PROVIDER: "file",
      COATCHECK_STORAGE_PATH: tmpdir(),
      COATCHECK_MAX_ENVELOPE_SIZE: "1024",
      COATCHECK_STORAGE_CONCURRENCY: "1",
    });
    expect(manager.plan(Array.from({ length: 200 }, () => "abcdefgh")).inlineSize).toBeLessThanOrEqual(1024);
  });
});
