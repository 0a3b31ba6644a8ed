import process from "node:process";
import { createRequire } from "node:module";
import { builtCore, builtS3 } from "../built.js";
import type { S3Target, Session } from "../contender.js";
import { median } from "../measure/statistics.js";
import { SDK_ALONE } from "./messages-results.js";
import { peers } from "../peers/index.js";
import { loadModule } from "../peers/load.js";
import { s3ClientConfig } from "../peers/s3-client.js";

/** What is measured: many messages at a time, each out and back. */
export interface MessagesJob {
  readonly contender: string;
  readonly s3: S3Target;
  /** Bytes of JSON of a message. */
  readonly bytes: number;
  /** Messages of a block, and blocks. */
  readonly count: number;
  readonly blocks: number;
  /** Blocks before them, which do not count: consumers run for long. */
  readonly warmUp: number;
}

/** Microseconds of CPU that a message takes: the median of the blocks. */
export interface MessageCost {
  readonly out: number;
  readonly back: number;
}

const AT_A_TIME = 64;

/** Ours by both ways, what it goes by, and the peers. */
export const SENDERS: readonly string[] = [
  "coatcheck",
  "coatcheck, a new scope each",
  "coatcheck, undici",
  "coatcheck, by the SDK",
  SDK_ALONE,
  "the SDK alone, undici",
  "sns-sqs-big-payload",
  "@message-queue-toolkit/core",
  "@temporalio/common",
  "middy-store",
];

/** Measures one contender: a process of its own, as a consumer that has nothing else to do. */
export async function costOfMessages({
  contender,
  s3,
  bytes,
  count,
  blocks,
  warmUp,
}: MessagesJob): Promise<MessageCost> {
  const session = await open(contender, s3);
  const outs: number[] = [];
  const backs: number[] = [];
  for (let block = -warmUp; block < blocks; block++) {
    const payloads = Array.from({ length: count }, (_, index) => payloadOf(bytes, `${block} ${index}`));
    const texts: string[] = [];
    const out = await cpuOf(count, async (index) => {
      texts[index] = JSON.stringify(await session.dehydrate(payloads[index]));
    });
    const results: unknown[] = [];
    const back = await cpuOf(count, async (index) => {
      results[index] = await session.hydrate(JSON.parse(texts[index]!) as unknown);
    });
    if (block === -warmUp && JSON.stringify(results) !== JSON.stringify(payloads))
      throw new Error(`${contender} loses data.`);
    if (block < 0) continue;
    outs.push(out);
    backs.push(back);
  }
  await session.close();
  return { out: median(outs), back: median(backs) };
}

async function open(name: string, s3: S3Target): Promise<Session> {
  if (name.startsWith("coatcheck")) return openOurs(s3, name);
  if (name.startsWith(SDK_ALONE)) return openSdk(s3, name);
  return peers.find((peer) => peer.name === name)!.open({ kind: "s3", s3 });
}

// The handler of undici is an option of the SDK's: `requestHandler`.
function handlerOf(name: string): object {
  if (!name.endsWith("undici")) return {};
  const { UndiciHttpHandler } = createRequire(import.meta.url)("@smithy/undici-http-handler") as {
    UndiciHttpHandler: new () => object;
  };
  return { requestHandler: new UndiciHttpHandler() };
}

async function openOurs(s3: S3Target, name: string): Promise<Session> {
  const { StorageManager } = await builtCore();
  const { S3Store } = await builtS3();
  const clientConfig = { ...s3ClientConfig(s3), ...handlerOf(name) };
  const transport = name.endsWith("SDK") ? "sdk" : "direct";
  const store = new S3Store({ bucket: s3.bucket, transport, clientConfig });
  const manager = new StorageManager({ store });
  let sent = 0;
  const scopeOf = name.endsWith("each") ? () => `bench-${sent++}` : () => "bench"; // as steps have: each its own
  return {
    dehydrate: (payload) => manager.dehydrate(payload, { scope: scopeOf() }),
    hydrate: (message) => manager.hydrate(message),
    close: async () => {
      await manager.close();
      await store.close();
    },
  };
}

interface Sdk {
  readonly S3Client: new (config: object) => { send(command: object): Promise<unknown>; destroy(): void };
  readonly PutObjectCommand: new (input: object) => object;
  readonly GetObjectCommand: new (input: object) => object;
}

async function openSdk(s3: S3Target, name: string): Promise<Session> {
  const { S3Client, PutObjectCommand, GetObjectCommand } = (await loadModule("@aws-sdk/client-s3")) as Sdk;
  const client = new S3Client({ ...s3ClientConfig(s3), ...handlerOf(name) });
  const Bucket = s3.bucket;
  let sent = 0;
  return {
    dehydrate: async (payload) => {
      const Key = `bench/${process.pid}/${sent++}`;
      await client.send(new PutObjectCommand({ Bucket, Key, Body: JSON.stringify(payload) }));
      return { Key };
    },
    hydrate: async (message) => {
      const { Key } = message as { Key: string };
      const answer = (await client.send(new GetObjectCommand({ Bucket, Key }))) as {
        Body: { transformToString(): Promise<string> };
      };
      return JSON.parse(await answer.Body.transformToString()) as unknown;
    },
    close: () => {
      client.destroy();
      return Promise.resolve();
    },
  };
}

async function cpuOf(count: number, run: (index: number) => Promise<void>): Promise<number> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < count) await run(next++);
  };
  const before = process.cpuUsage();
  await Promise.all(Array.from({ length: AT_A_TIME }, lane));
  const { user, system } = process.cpuUsage(before);
  return (user + system) / count;
}

/** Records, no two messages alike. */
function payloadOf(bytes: number, id: string): unknown {
  const record = (index: number) => ({
    id: `${id} ${index}`,
    name: `customer ${index * 7919}`,
    active: index % 3 === 0,
    balance: index * 12.5,
    tags: ["alpha", "beta"],
  });
  const size = JSON.stringify(record(100)).length + 1;
  return { type: "batch", id, records: Array.from({ length: Math.ceil(bytes / size) }, (_, index) => record(index)) };
}
