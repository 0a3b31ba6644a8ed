import { z } from "zod";
import {
  FailoverStore,
  FileStore,
  MemoryStore,
  aes256gcm,
  brotli,
  gzip,
  ReplicatedStore,
  RoutingStore,
  StorageError,
  StorageManager,
  TieredStore,
  isStorageError,
  withFeatures,
  withRetry,
} from "coatcheck";
import type { Codec, KeyProvider, ObjectInfo, StorageManagerOptions, Store, VerifyReport } from "coatcheck";
import { S3Store } from "coatcheck/s3";
import { RedisStore } from "coatcheck/redis";
import { FaultStore, storeConformance } from "coatcheck/testing";

const stores: Store[] = [
  new MemoryStore(),
  new FileStore({ root: "tickets" }),
  new S3Store({ bucket: "tickets", clientConfig: { region: "us-east-1" } }),
];
const [memory, file] = [new MemoryStore(), new FileStore({ root: "tickets" })];
const redis = new RedisStore({ url: "redis://localhost", ttl: 60_000 });
stores.push(
  new RoutingStore({ primary: memory, schemes: { file, s3: ({ container }) => new S3Store({ bucket: container }) } }),
  new TieredStore({ remote: redis, slideRemoteTtl: true, observer: ({ operation }) => operation.length }),
  new FailoverStore({ stores: { memory, file }, locator: () => Promise.resolve(["file"]) }),
  new ReplicatedStore({ stores: { memory, file }, acknowledge: "quorum" }),
  withFeatures(withRetry(file, { attempts: 3 }), { loose: ["write"], simulate: ["metadata"] }),
  new FaultStore(memory, { seed: 1, faults: [{ on: "read", rate: 0.1, fault: { error: "UNAVAILABLE" } }] }),
);
// @ts-expect-error no such feature
withFeatures(file, { simulate: ["time travel"] });
const options: StorageManagerOptions = { store: stores[0]!, maxInlineSize: 2048 };

const provider: KeyProvider = {
  generateDataKey: () => Promise.resolve({ keyId: "k", key: new Uint8Array(32), wrappedKey: new Uint8Array(1) }),
  decryptDataKey: ({ wrappedKey }) => Promise.resolve(wrappedKey),
};
const codecs: Codec[] = [gzip({ level: 1 }), brotli(), aes256gcm({ keys: provider, dataKeyTtl: 1000 })];
// @ts-expect-error keys that are given need an active one
aes256gcm({ keys: { a: new Uint8Array(32) } });

export async function trust(): Promise<[VerifyReport, string]> {
  const signing = { keys: { a: new Uint8Array(32) }, activeKeyId: "a", audience: "us", ttl: 1000 };
  const manager = new StorageManager({ ...options, codecs, signing }).forTenant("acme");
  await manager.reencrypt("outputs/acme/", { onProgress: ({ reencrypted, lastPath }) => [reencrypted, lastPath] });
  const url = await manager.presign("outputs/acme/report", { method: "GET", expiresIn: 60 });
  return [await manager.verifyPrefix("outputs/acme/"), url];
}

export async function roundTrip(): Promise<number> {
  const manager = new StorageManager(options);
  const dehydrated = await manager.dehydrate({ id: 7 }, { scope: "run-1" });
  const guessed: { id: number } = await manager.hydrate<{ id: number }>(dehydrated);
  const checked = await manager.hydrate(dehydrated, { schema: z.object({ id: z.number() }) });
  // @ts-expect-error the schema says that id is a number
  const wrong: string = checked.id;
  return guessed.id + checked.id + wrong.length;
}

export async function paths(store: Store): Promise<string[]> {
  const found: ObjectInfo[] = [];
  for await (const info of store.list("")) found.push(info);
  return found.map((info) => info.path);
}

export function codeOf(error: unknown): string | undefined {
  const code = isStorageError(error) ? error.code : undefined;
  // @ts-expect-error codes are a closed list
  if (code === "NO_SUCH_CODE") return undefined;
  return new StorageError("NOT_FOUND", "Gone.").code === code ? code : undefined;
}

export { storeConformance };
