import { PassThrough } from "node:stream";
import { inspect } from "node:util";
import { BlobServiceClient, StorageSharedKeyCredential } from "@azure/storage-blob";
import { S3Client } from "@aws-sdk/client-s3";
import { Storage } from "@google-cloud/storage";
import { z } from "zod";
import { AzureStore } from "../../src/azure.js";
import { GcsStore } from "../../src/gcs.js";
import {
  FailoverStore,
  FileStore,
  kubernetesClient,
  kubernetesResolvers,
  MemoryStore,
  MigratingStore,
  MemoryUsageCounter,
  ReplicatedStore,
  RoutingStore,
  SchemaRegistry,
  StorageManager,
  TieredStore,
  withCircuitBreaker,
  withConcurrencyLimit,
  withFeatures,
  withPrefix,
  withRetry,
  withTimeout,
  withUsageLimits,
  type Store,
  type StorageReference,
} from "../../src/index.js";
import { aes256gcm } from "../../src/codecs/aes256gcm/aes256gcm.js";
import { gzip } from "../../src/codecs/gzip.js";
import { RedisStore } from "../../src/redis.js";
import { S3Store } from "../../src/s3.js";
import { FakeClock, FaultStore } from "../../src/testing/index.js";
import { useDirectories } from "../store/drivers/file/file-roots.js";
import { CANARY, leaksOf, viewsOf } from "../support/canary.js";

const newDirectory = useDirectories();

const BODY = `{"secret":"${CANARY}"}`;
const key = Buffer.from(CANARY.repeat(4)).subarray(0, 64).toString("base64");
const s3Config = {
  region: "us-east-1",
  credentials: { accessKeyId: `AKIA${CANARY}`, secretAccessKey: CANARY, sessionToken: CANARY },
};
const gcsCredentials = { client_email: "a@b.example", private_key: CANARY };
const accountUrl = "https://account.blob.core.windows.net";

/** A store that holds a secret. */
async function filled(): Promise<MemoryStore> {
  const store = new MemoryStore();
  await store.write("outputs/s/a", BODY, { contentType: "application/json", metadata: { note: CANARY } });
  return store;
}

it("the canary is found where it can be seen, in every form", () => {
  class Open {
    constructor(readonly password: unknown) {}
  }
  const forms = [
    CANARY,
    Buffer.from(CANARY),
    Buffer.from(`..${CANARY}.....`),
    new Uint8Array(Buffer.from(CANARY)),
    [...Buffer.from(CANARY)],
    new Map([["a", { b: [CANARY] }]]),
    Buffer.from(`a${CANARY}`).toString("base64"),
    new URL(`https://user:${CANARY}@host.example`),
  ];
  for (const form of forms) expect(leaksOf(new Open(form))).not.toEqual([]);
  expect(leaksOf(new Error("said", { cause: new Error(CANARY) }))).not.toEqual([]);
  expect(leaksOf({ get value() { return CANARY; } })).not.toEqual([]); // prettier-ignore
  expect(leaksOf(Object.defineProperty({}, "hidden", { value: CANARY, enumerable: false }))).not.toEqual([]);
  expect(leaksOf(new Open("nothing"))).toEqual([]);
});

describe("Drivers show no credentials and no content", () => {
  const drivers: [string, () => Store | Promise<Store>][] = [
    ["MemoryStore", filled],
    ["FileStore", async () => new FileStore({ root: await newDirectory() })],
    [
      "S3Store with a configuration",
      () => new S3Store({ bucket: "bucket", clientConfig: s3Config, kmsKeyId: CANARY, sse: "kms" }),
    ],
    ["S3Store with a client", () => new S3Store({ bucket: "bucket", client: new S3Client(s3Config) })],
    ["RedisStore with a URL", () => new RedisStore({ url: `redis://user:${CANARY}@localhost:6379/0` })],
    [
      "GcsStore with credentials",
      () => new GcsStore({ bucket: "bucket", clientConfig: { credentials: gcsCredentials } }),
    ],
    [
      "GcsStore with a client",
      () => new GcsStore({ bucket: "bucket", client: new Storage({ credentials: gcsCredentials }) }),
    ],
    [
      "AzureStore with a key",
      () => new AzureStore({ container: "box", accountUrl, credential: { accountName: "account", accountKey: key } }),
    ],
    [
      "AzureStore with a connection string",
      () =>
        new AzureStore({
          container: "box",
          connectionString: `DefaultEndpointsProtocol=https;AccountName=account;AccountKey=${key};EndpointSuffix=core.windows.net`,
        }),
    ],
    [
      "AzureStore with a shared access signature",
      () => new AzureStore({ container: "box", accountUrl: `${accountUrl}?sv=2025-01-05&sig=${CANARY}` }),
    ],
    [
      "AzureStore with a client",
      () =>
        new AzureStore({
          container: "box",
          client: new BlobServiceClient(accountUrl, new StorageSharedKeyCredential("account", key)),
        }),
    ],
  ];

  it.each(drivers)("%s", async (_, create) => {
    const store = await create();
    expect(leaksOf(store)).toEqual([]);
    expect(viewsOf(store)[0]).toContain(store.name); // and yet it can be told from others
    await store.close();
    expect(leaksOf(store)).toEqual([]);
  });
});

describe("Compositions show nothing of the stores in them, nor of what they hold", () => {
  const compositions: [string, (inner: Store) => Store][] = [
    ["RoutingStore", (inner) => new RoutingStore({ primary: inner, schemes: { mem: inner, later: () => inner } })],
    ["TieredStore", (remote) => new TieredStore({ remote, validate: "always" })],
    ["TieredStore that trusts its cache", (remote) => new TieredStore({ remote })],
    ["MigratingStore", (inner) => new MigratingStore({ from: inner, to: new MemoryStore(), phase: "prepare" })],
    [
      "FailoverStore",
      (inner) => new FailoverStore({ stores: { a: inner, b: new MemoryStore() }, locationCache: { ttl: 1000 } }),
    ],
    ["ReplicatedStore", (inner) => new ReplicatedStore({ stores: { a: inner, b: new MemoryStore() } })],
    ["withRetry", (inner) => withRetry(inner)],
    ["withTimeout", (inner) => withTimeout(inner, { timeout: 1000 })],
    ["withConcurrencyLimit", (inner) => withConcurrencyLimit(inner, { limit: 1 })],
    ["withCircuitBreaker", (inner) => withCircuitBreaker(inner)],
    ["withUsageLimits", (inner) => withUsageLimits(inner, { requests: 1000, counter: new MemoryUsageCounter() })],
    ["withPrefix", (inner) => withPrefix(inner, "outputs")],
    ["withFeatures", (inner) => withFeatures(inner, { loose: true, simulate: ["metadata", "copy"] })],
    ["FaultStore", (inner) => new FaultStore(inner, { seed: 1, faults: [{ on: "stat", fault: { delay: 1 } }] })],
  ];

  it.each(compositions)("%s", async (name, compose) => {
    const inner = await filled();
    const store = compose(inner);
    const path = name === "withPrefix" ? "s/a" : "outputs/s/a";
    expect(leaksOf(store)).toEqual([]);
    for (let time = 0; time < 2; time++) {
      const result = await store.read(path);
      result.info.metadata = {}; // what a user put there is the user's to show
      expect(leaksOf(result)).toEqual([]);
      const iterator = result[Symbol.asyncIterator]();
      expect(leaksOf(iterator)).toEqual([]);
      expect(Buffer.from((await iterator.next()).value as Uint8Array).toString()).toContain(CANARY);
      expect([leaksOf(iterator), leaksOf(result)]).toEqual([[], []]);
      await iterator.return?.();
      expect(leaksOf(store)).toEqual([]);
    }
    await store.write("outputs/s/b", BODY);
    const whole = await store.read("outputs/s/b");
    expect(Buffer.from(await whole.bytes()).toString()).toBe(BODY);
    expect([leaksOf(whole), leaksOf(store)]).toEqual([[], []]);
    await store.close();
    expect(leaksOf(store)).toEqual([]);
  });
});

describe("A manager shows nothing of what it was made with, nor of what went through it", () => {
  const api = {
    token: CANARY,
    readNamespacedSecret: () => Promise.resolve({ data: { password: Buffer.from(CANARY).toString("base64") } }),
    readNamespacedConfigMap: () => Promise.resolve({ data: {} }),
  };
  const resolvers = kubernetesResolvers({ client: kubernetesClient(api), namespace: "orders" });
  const schemas = () => new SchemaRegistry().register("order", "1", z.object({ secret: z.literal(CANARY) }));

  const keys = { old: Buffer.from(CANARY.repeat(2)).subarray(0, 32) };

  it("with everything configured, while it works and after", async () => {
    const store = withRetry(new TieredStore({ remote: new MemoryStore() }));
    const manager = new StorageManager({
      store,
      maxInlineSize: 10,
      readCache: { maxBytes: 100_000 },
      schemas: schemas(),
      resolvers,
      observer: () => undefined,
      allow: ["shared"],
      signing: { keys, activeKeyId: "old", audience: CANARY, ttl: 60_000 },
      codecs: [gzip({ minSize: 1 }), aes256gcm({ keys, activeKeyId: "old" })],
    });
    const tenant = manager.forTenant("tenant");
    for (const each of [manager, tenant]) {
      const stream = new PassThrough();
      stream.end(CANARY);
      const value = { secret: CANARY, bytes: Buffer.from(CANARY), stream };
      const pending = each.dehydrate(value, { scope: "s" });
      expect(leaksOf(each)).toEqual([]);
      const { stream: of, ...sent } = (await pending) as Record<string, StorageReference>;
      expect(leaksOf([sent, of, each])).toEqual([]);
      const order = await each.dehydrate({ secret: CANARY }, { schema: "order", schemaVersion: "1" });
      const withSecret = { ...sent, order, password: { $bubuSecretRef: "name:password" } };
      expect(await each.hydrate(withSecret, { resolvers: true })).toMatchObject({ password: CANARY, secret: CANARY });
      const opened = await each.open(of!);
      expect(leaksOf(opened)).toEqual([]);
      expect(Buffer.from(await opened.bytes()).toString()).toBe(CANARY);
      expect([leaksOf(opened), leaksOf(each), leaksOf(store)]).toEqual([[], [], []]);
    }
  });

  it("nor do the parts that it was made of", async () => {
    expect(leaksOf(schemas())).toEqual([]);
    expect(leaksOf(resolvers)).toEqual([]);
    expect(leaksOf(kubernetesClient(api))).toEqual([]);
    expect(leaksOf(new FakeClock())).toEqual([]);
    const codec = aes256gcm({ keys, activeKeyId: "old" });
    expect(leaksOf(codec)).toEqual([]);
    expect(leaksOf(await codec.prepare(new AbortController().signal))).toEqual([]);
  });

  it("and a plan, which is a view of the payload, shows it only to those who ask for its value", () => {
    const plan = new StorageManager({ store: new MemoryStore() }).plan({ secret: CANARY });
    expect(plan.value).toEqual({ secret: CANARY });
    expect(inspect(plan, { depth: Infinity })).not.toContain(CANARY);
  });
});
