import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { ReadOptions, ReadResult, Store, StoreBody, WriteOptions, ObjectInfo } from "coatcheck";
import { builtCore, builtS3 } from "../built.js";
import type { BenchStorage, Contender, Counters } from "../contender.js";
import { ROOT } from "../root.js";

const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { version: string };

/** Ours, with the options it has by default. */
export const contender: Contender = {
  name: "coatcheck",
  version,
  cannot: () => undefined,
  async open(storage) {
    const { StorageManager } = await builtCore();
    const { store, counters } = await openStore(storage);
    const manager = new StorageManager({ store });
    return {
      // A scope of the caller's, as a step of a run has one.
      dehydrate: (payload) => manager.dehydrate(payload, { scope: "bench" }),
      hydrate: (message) => manager.hydrate(message),
      plan: (payload) => manager.plan(payload, { scope: "bench" }),
      counters,
      close: async () => {
        await manager.close();
        await store.close();
      },
    };
  },
};

/** A store of ours, and what it was asked to do since. */
export async function openStore({ s3 }: BenchStorage): Promise<{ store: Store; counters: () => Counters }> {
  if (s3 !== undefined) {
    const { S3Store } = await builtS3();
    const { bucket, endpoint, region, accessKeyId, secretAccessKey } = s3;
    const credentials = { accessKeyId, secretAccessKey };
    const store = new S3Store({ bucket, clientConfig: { endpoint, region, credentials, forcePathStyle: true } });
    return { store, counters: () => ({ requests: 0, bytesSent: 0 }) }; // counted at the server
  }
  const { MemoryStore } = await builtCore();
  let requests = 0;
  let bytesSent = 0;
  class CountingStore extends MemoryStore {
    override async write(path: string, body: StoreBody, options?: WriteOptions): Promise<ObjectInfo> {
      requests++;
      const info = await super.write(path, body, options);
      bytesSent += info.size;
      return info;
    }

    override read(path: string, options?: ReadOptions): Promise<ReadResult> {
      requests++;
      return super.read(path, options);
    }
  }
  return { store: new CountingStore(), counters: () => ({ requests, bytesSent }) };
}
