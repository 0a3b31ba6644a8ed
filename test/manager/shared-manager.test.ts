import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { resetSharedManagers, sharedManager } from "../../src/manager/shared-manager.js";
import { StorageManager } from "../../src/manager/storage-manager.js";
import { gzip } from "../../src/codecs/gzip.js";
import { MemoryStore } from "../../src/store/drivers/memory-store.js";
import { FileStore } from "../../src/store/drivers/file/file-store.js";

// Nothing is written there.
const FILES = { COATCHECK_STORAGE_PROVIDER: "file", COATCHECK_STORAGE_PATH: join(tmpdir(), "coatcheck-shared-none") };
const INLINE = { ...FILES, COATCHECK_MAX_INLINE_SIZE: "2048" };

let fromEnv: jest.SpiedFunction<typeof StorageManager.fromEnv>;
let closed: jest.SpiedFunction<FileStore["close"]>;

beforeEach(() => {
  fromEnv = jest.spyOn(StorageManager, "fromEnv");
  closed = jest.spyOn(FileStore.prototype, "close");
});

afterEach(async () => {
  jest.restoreAllMocks();
  await resetSharedManagers();
});

describe("sharedManager", () => {
  it("makes one manager for the same variables, also for calls at the same time", async () => {
    const [one, two] = await Promise.all([sharedManager(INLINE), sharedManager({ ...INLINE })]);
    expect(one).toBeInstanceOf(StorageManager);
    expect(two).toBe(one);
    expect(await sharedManager(INLINE)).toBe(one);
    expect(fromEnv).toHaveBeenCalledTimes(1);
  });

  it("shares by what the variables mean, not by how they say it", async () => {
    const one = await sharedManager({ COATCHECK_STORAGE_TIMEOUT: "4m", UNRELATED: "1" });
    expect(await sharedManager({ COATCHECK_STORAGE_TIMEOUT: " 240s ", UNRELATED: "2" })).toBe(one);
    expect(await sharedManager({ BUBU_STORAGE_TIMEOUT: "240s" }, { envPrefix: "BUBU_" })).toBe(one);
    expect(await sharedManager({ COATCHECK_STORAGE_TIMEOUT: "241s" })).not.toBe(one);
    expect(await sharedManager({})).not.toBe(one);
  });

  it("tells apart configurations that differ in credentials only", async () => {
    const env = (secret: string) => ({
      COATCHECK_STORAGE_PROVIDER: "s3",
      COATCHECK_STORAGE_S3_BUCKET: "payloads",
      COATCHECK_S3_ACCESS_KEY_ID: "id",
      COATCHECK_S3_SECRET_ACCESS_KEY: secret,
    });
    const one = await sharedManager(env("s3cr3t"));
    expect(await sharedManager(env("other"))).not.toBe(one);
    expect(await sharedManager(env("s3cr3t"))).toBe(one);
  });

  it("keeps no credentials in its keys", async () => {
    await sharedManager({ COATCHECK_STORAGE_OUTPUT_PREFIX: "s3cr3t" });
    const registry = (globalThis as unknown as Record<symbol, Map<string, unknown>>)[
      Symbol.for("coatcheck.sharedManagers.2")
    ]!;
    expect([...registry.keys()]).toEqual([expect.stringMatching(/^[0-9a-f]{64}$/)]);
  });

  it("passes the environment on, by default that of the process", async () => {
    await sharedManager(INLINE, { envPrefix: "COATCHECK_" });
    expect(fromEnv).toHaveBeenLastCalledWith(INLINE, { envPrefix: "COATCHECK_", options: {} });
    await sharedManager();
    expect(fromEnv).toHaveBeenLastCalledWith(process.env, { envPrefix: "COATCHECK_", options: {} });
  });

  it("shares by options too: plain values by what they hold, instances by what they are", async () => {
    const codecs = [gzip()];
    const one = await sharedManager({}, { options: { codecs, allow: ["elsewhere"], retention: { maxScan: 1 } } });
    const equal = { codecs: [...codecs], allow: ["elsewhere"], retention: { maxScan: 1 }, observer: undefined };
    expect(await sharedManager({}, { options: equal })).toBe(one);
    expect(await sharedManager({}, { options: { ...equal, codecs: [gzip()] } })).not.toBe(one);
    expect(await sharedManager({}, { options: { ...equal, retention: { maxScan: 2 } } })).not.toBe(one);
    expect(await sharedManager({})).not.toBe(one);
  });

  it("is the same where a default is said", async () => {
    const one = await sharedManager(FILES);
    const said = { COATCHECK_MAX_INLINE_SIZE: "1024", COATCHECK_STORAGE_TIMEOUT: "5m", COATCHECK_S3_MAX_RETRIES: "3" };
    expect(await sharedManager({ ...FILES, ...said })).toBe(one);
    expect(await sharedManager(FILES, { options: { outputPrefix: "outputs", concurrency: 16 } })).toBe(one);
    expect(await sharedManager({ ...FILES, COATCHECK_MAX_INLINE_SIZE: "1025" })).not.toBe(one);
  });

  it("shares by the bytes of a key", async () => {
    const signing = (byte: number) => ({ keys: { k: Buffer.alloc(32, byte) }, activeKeyId: "k" });
    const one = await sharedManager({}, { options: { signing: signing(1) } });
    expect(await sharedManager({}, { options: { signing: signing(1) } })).toBe(one);
    expect(await sharedManager({}, { options: { signing: signing(2) } })).not.toBe(one);
  });

  it("takes a store of the program in place of the one that the variables describe", async () => {
    const store = new MemoryStore();
    const manager = await sharedManager(FILES, { options: { store } });
    expect(manager.store).toBe(store);
    expect(await sharedManager({}, { options: { store } })).toBe(manager);
  });

  it("works", async () => {
    const root = await mkdtemp(join(tmpdir(), "coatcheck-shared-"));
    try {
      const env = { COATCHECK_STORAGE_PROVIDER: "file", COATCHECK_STORAGE_PATH: root };
      const payload = { text: "x".repeat(5_000) };
      const dehydrated = await (await sharedManager(env)).dehydrate(payload);
      expect(await (await sharedManager(env)).hydrate(dehydrated)).toEqual(payload);
    } finally {
      await rm(root, { recursive: true });
    }
  });

  it("rejects every caller of a manager that could not be made, and tries again later", async () => {
    fromEnv.mockRejectedValueOnce(new Error("no"));
    const calls = await Promise.allSettled([sharedManager(INLINE), sharedManager(INLINE)]);
    expect(calls.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(fromEnv).toHaveBeenCalledTimes(1);
    expect(await sharedManager(INLINE)).toBeInstanceOf(StorageManager);
  });

  it("rejects an environment that is not valid, each time", async () => {
    for (let i = 0; i < 2; i++) {
      await expect(sharedManager({ COATCHECK_MAX_INLINE_SIZE: "x" })).rejects.toMatchObject({
        code: "CONFIG_INVALID",
        message: expect.stringContaining("COATCHECK_MAX_INLINE_SIZE") as string,
      });
    }
    expect(fromEnv).not.toHaveBeenCalled();
  });

  it("is not closed by one of its users", async () => {
    const manager = await sharedManager(INLINE);
    await manager.close();
    await manager[Symbol.asyncDispose]();
    expect(closed).not.toHaveBeenCalled();
    expect(await sharedManager(INLINE)).toBe(manager);
  });
});

describe("resetSharedManagers", () => {
  it("closes all, once each, and forgets them", async () => {
    const one = await sharedManager(INLINE);
    const two = await sharedManager(FILES);
    await resetSharedManagers();
    expect(closed.mock.contexts).toEqual([one.store, two.store]);
    await resetSharedManagers();
    expect(closed).toHaveBeenCalledTimes(2);
    expect(await sharedManager(INLINE)).not.toBe(one);
  });

  it("waits for managers that are being made, and closes them", async () => {
    const pending = sharedManager(INLINE);
    await resetSharedManagers();
    expect(closed.mock.contexts).toEqual([(await pending).store]);
  });

  it("ignores a manager that could not be made, and leaves its successor alone", async () => {
    fromEnv.mockRejectedValueOnce(new Error("no"));
    const failing = sharedManager(INLINE);
    const reset = resetSharedManagers();
    const successor = sharedManager(INLINE);
    await expect(failing).rejects.toThrow("no");
    await reset;
    expect(await sharedManager(INLINE)).toBe(await successor);
    expect(closed).not.toHaveBeenCalled();
  });

  it("closes the others when one fails, and then says so", async () => {
    await sharedManager(INLINE);
    await sharedManager(FILES);
    const failure = new Error("can't close");
    closed.mockRejectedValueOnce(failure);
    await expect(resetSharedManagers()).rejects.toMatchObject({ code: "UNEXPECTED", cause: failure });
    expect(closed).toHaveBeenCalledTimes(2);
    await resetSharedManagers();
    expect(closed).toHaveBeenCalledTimes(2);
  });

  it("does nothing when nothing is shared", async () => {
    await resetSharedManagers();
    expect(closed).not.toHaveBeenCalled();
  });
});
