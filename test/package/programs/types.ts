import { z } from "zod";
import {
  binary,
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
  isNotFound,
  isReference,
  isStorageError,
  openValue,
  packValue,
  referencesIn,
  stored,
  withFeatures,
  withRetry,
} from "coatcheck";
import type { Codec, Dehydrated, Hydrated, KeyProvider, ObjectInfo, ReferenceTo } from "coatcheck";
import type { StorageManagerOptions, StorageReference, Store, VerifyReport } from "coatcheck";
import { S3Store } from "coatcheck/s3";
import { RedisStore } from "coatcheck/redis";
import { kubernetesResolvers, type KubernetesClient } from "coatcheck/kubernetes";
import { FaultStore, storeConformance } from "coatcheck/testing";
import { inspector, type InspectorPayloadCodec } from "coatcheck/inspector";

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

export function secrets(client: KubernetesClient): StorageManager {
  return new StorageManager({ resolvers: kubernetesResolvers({ client, namespace: "orders" }) });
}

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

type Same<A, B> = [A, B] extends [B, A] ? (0 extends 1 & A ? false : true) : false;

interface Is<Expected> {
  <Actual>(value: Actual & (Same<Actual, Expected> extends true ? unknown : never)): Actual;
}

/** Does not compile unless a value is of this type, no more and no less. */
function is<Expected>(): Is<Expected> {
  return (value) => value;
}

interface Order {
  id: number;
  note?: string;
  paid: boolean | null;
  placed: Date;
  scan: Uint8Array;
  film: AsyncIterable<Uint8Array>;
  pictures: Blob[];
  tags: readonly ["new" | "old", string];
  total(): number;
  lines: Line[];
}
interface Line {
  sku: string;
  below?: Line[];
}
interface Received {
  id: number;
  note?: string;
  paid: boolean | null;
  placed: string;
  scan: Uint8Array;
  film: Uint8Array;
  pictures: Uint8Array[];
  tags: ["new" | "old", string];
  lines: { sku: string; below?: Hydrated<Line>[] }[];
}

declare const order: Order;
declare const mixed: string | number | null;

export async function carried(manager: StorageManager): Promise<void> {
  const message = is<Dehydrated<Order>>()(await manager.dehydrate(order));
  const back = is<Hydrated<Order>>()(is<Received>()(await manager.hydrate(message)));
  is<string>()(back.placed);
  is<Uint8Array>()(back.film);
  // @ts-expect-error JSON leaves methods out
  is<unknown>()(back.total);

  // What stays is used without hydration, once it is known not to be a reference.
  if (!isReference(message)) {
    is<number>()(message.id);
    is<boolean | null>()(message.paid);
    // @ts-expect-error bytes always leave
    is<unknown>()(message.scan.byteLength);
    const scan = is<ReferenceTo<Uint8Array>>()(message.scan);
    is<Uint8Array>()(await manager.hydrate(scan));
    is<unknown>()(await manager.hydrate(manager.select(scan as StorageReference, "a")));
    await manager.open(scan, { offset: 1, length: 2 });
    await manager.presign(scan, { method: "GET", expiresIn: 60, filename: "scan.pdf" });
    const lines = is<Hydrated<Line[]>>()(await manager.hydrate(message.lines));
    for (const { sku } of lines) is<string>()(sku);
  }
  const parsed = JSON.parse(JSON.stringify(message)) as Dehydrated<Order>;
  is<Received>()(await manager.hydrate(parsed, { maxBytes: 1000 }));

  // A single value, one of several types, what a list holds, and what nobody knows.
  is<string>()(await manager.hydrate(await manager.dehydrate("a")));
  is<string | number | null>()(await manager.hydrate(await manager.dehydrate(mixed)));
  is<(string | Uint8Array | null)[]>()(
    await manager.hydrate(await manager.dehydrate([undefined, new Date(), binary("b")])),
  );
  is<{ photo: Uint8Array }>()(
    await manager.hydrate(await manager.dehydrate({ photo: stored("inputs/a") }, { references: "adopt" })),
  );
  is<unknown>()(await manager.hydrate(await manager.dehydrate(JSON.parse("1"))));
  is<unknown>()(await manager.hydrate(JSON.parse("1")));
  is<unknown>()((await manager.dehydrate(JSON.parse("1"))) satisfies Dehydrated);

  // What the caller says, or the schema, comes before all.
  is<{ id: number }>()(await manager.hydrate<{ id: number }>(message));
  is<number[]>()(await manager.pick<number[]>(message, "lines[*].sum"));
  is<{ id: number }>()(await manager.hydrate(message, { schema: z.object({ id: z.number() }) }));
  is<Order>()(await openValue<Order>(manager, await packValue(manager, order)));
}

export function whatToDo(error: unknown): string {
  if (isStorageError(error, "NOT_FOUND")) {
    is<"NOT_FOUND">()(error.code);
    return error.path ?? "";
  }
  if (isStorageError(error, Math.random() > 0.5 ? "TIMEOUT" : "THROTTLED")) {
    is<"TIMEOUT" | "THROTTLED">()(error.code);
    // @ts-expect-error it is one of two
    if (error.code === "NOT_FOUND") return "";
  }
  if (isNotFound(error)) is<"NOT_FOUND">()(error.code);
  // @ts-expect-error no such code
  isStorageError(error, "NO_SUCH_CODE");
  return isStorageError(error) ? error.code : "";
}

export function* found(message: Dehydrated<Order>): Iterable<(string | number)[]> {
  for (const { path, reference } of referencesIn(message)) {
    if ("$storageRef" in reference) yield [...path, reference.$storageRef];
  }
}

export function look(manager: StorageManager, codecs: InspectorPayloadCodec[]): string {
  return inspector(manager, { temporal: { codecs, origins: ["http://localhost:8233"] } }).token;
}

export { storeConformance };
