import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { S3Client } from "@aws-sdk/client-s3";
import {
  FailoverStore,
  FileStore,
  isStorageError,
  ReplicatedStore,
  RoutingStore,
  TieredStore,
} from "../../src/index.js";
import { RedisStore } from "../../src/redis.js";
import { S3Store } from "../../src/s3.js";
import type { Store } from "../../src/store/store.js";
import { storeConformance } from "../../src/testing/index.js";
import { FaultProxy, type Fault } from "../fixtures/fault-proxy.js";
import { createBucket } from "../fixtures/s3-server.js";
import { AbsoluteView } from "../store/compose/absolute-view.js";
import { recommendedStack } from "../store/layers/recommended-stack.js";
import { cephClientConfig } from "./ceph.js";
import { newPrefix, redisUrl } from "./redis.js";
import { serviceVariable } from "./service-variable.js";

// Compositions of stores over real servers: Ceph's S3, Redis, and files.

const client = new S3Client(cephClientConfig());
let bucket: string;
let root: string;

beforeAll(async () => {
  bucket = await createBucket(client);
  root = await mkdtemp(join(tmpdir(), "coatcheck-compositions-"));
});

afterAll(async () => {
  client.destroy();
  await rm(root, { recursive: true });
});

const s3 = (): Store => new S3Store({ bucket, client, prefix: newPrefix() });
const redis = (): Store => new RedisStore({ url: redisUrl(), prefix: newPrefix() });
const file = (): Store => new FileStore({ root: join(root, newPrefix()), fsync: false });

function routedToS3(): Store {
  const target = s3();
  // What is no text at all is the primary's: it has to be able to do the same.
  const routing = new RoutingStore({ primary: s3(), schemes: { s3: target, redis: redis() } });
  return new AbsoluteView(routing, target.capability, "s3://bucket/");
}

const compositions: Record<string, () => Store> = {
  "TieredStore over S3": () => new TieredStore({ remote: s3() }),
  "TieredStore that always checks, over Redis": () => new TieredStore({ remote: redis(), validate: "always" }),
  "FailoverStore over S3, Redis and files": () =>
    new FailoverStore({ stores: { s3: s3(), redis: redis(), file: file() } }),
  "ReplicatedStore over S3 and Redis": () => new ReplicatedStore({ stores: { s3: s3(), redis: redis() } }),
  "the recommended layers over S3": () => recommendedStack(s3()).store,
  "RoutingStore, by paths of S3": () => routedToS3(),
};

for (const [name, create] of Object.entries(compositions)) {
  storeConformance({ describe, it }, { name, create, largeObjectSize: 1024 * 1024 + 1, settleTimeout: 20_000 });
}

describe("the recommended layers over an S3 endpoint that resets connections", () => {
  let proxy: FaultProxy;

  beforeAll(async () => {
    proxy = await FaultProxy.start(serviceVariable("CEPH_ENDPOINT"));
  });

  afterAll(async () => {
    await proxy.stop();
  });

  // Each fault befalls every second connection, and connections are never used twice.
  const faults: Record<string, Fault> = {
    "as soon as they are made": { refuse: true },
    "in the middle of a request": { toServer: { resetAfter: 900 } },
    "in the middle of an answer": { toClient: { resetAfter: 5000 } },
    "by ending an answer early": { toClient: { endAfter: 5000 } },
    "by stalling": { toClient: { stallAfter: 5000 } },
  };

  it.each(Object.keys(faults))(
    "succeed, or fail typed and retryable: %s",
    async (name) => {
      const clientConfig = cephClientConfig({
        endpoint: proxy.endpoint,
        requestHandler: { httpAgent: { keepAlive: false } },
      });
      const inner = new S3Store({ bucket, clientConfig, prefix: newPrefix() });
      await using store = recommendedStack(inner, { random: () => 0 }).store;
      const bytes = new Uint8Array(20_000).fill(7);
      let succeeded = 0;
      for (let round = 0; round < 12; round++) {
        proxy.fault = { ...faults[name], connections: 1 };
        const path = `object-${round}`;
        try {
          await store.write(path, bytes);
          proxy.fault = { ...faults[name], connections: 1 };
          expect(Buffer.from(await (await store.read(path)).bytes()).equals(bytes)).toBe(true);
          succeeded++;
        } catch (error) {
          if (!isStorageError(error)) throw error;
          expect(error.retryable).toBe(true);
        }
      }
      expect(succeeded).toBeGreaterThan(6);
    },
    60_000,
  );
});
