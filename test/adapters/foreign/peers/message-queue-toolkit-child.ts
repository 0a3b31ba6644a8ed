import assert from "node:assert";
import { Readable } from "node:stream";
import { AbstractQueueService } from "@message-queue-toolkit/core";
import { S3PayloadStore } from "@message-queue-toolkit/s3-payload-store";
import { MemoryStore, StorageManager } from "../../../../src/index.js";
import { messageQueueToolkit } from "../../../../src/adapters/formats.js";
import { MessageOffloader, rules } from "../../../../src/adapters/messages.js";

// The library over a store in memory, by a client that has the methods of S3 that it calls. Prints what came of it.

const store = new MemoryStore();

interface ObjectInput {
  Key: string;
  Body: Readable | string;
}

const s3 = {
  async putObject({ Key, Body }: ObjectInput) {
    await store.write(
      Key,
      Readable.from(Body).map((chunk: string | Buffer) => Buffer.from(chunk as string)),
    );
  },
  async getObject({ Key }: ObjectInput) {
    return { Body: Readable.from([Buffer.from(await (await store.read(Key)).bytes())]) };
  },
};

interface Service {
  offloadMessagePayloadIfNeeded(message: object, size: () => number): Promise<object>;
  retrieveOffloadedMessagePayload(message: unknown): Promise<{ result?: unknown; error?: Error }>;
}
type ServiceClass = new (dependencies: object, options: object) => Service;

const payloadStore = new S3PayloadStore({ s3: s3 as never }, { bucketName: "b", keyPrefix: "payloads" });
const library = new (class extends (AbstractQueueService as unknown as ServiceClass) {})(
  {},
  { payloadStoreConfig: { store: payloadStore, storeName: "s3", messageSizeThreshold: 1000 } },
);

const manager = new StorageManager({ store });
const offloader = new MessageOffloader({
  manager,
  channel: "orders",
  rules: rules.sqs,
  ttl: "never",
  format: messageQueueToolkit({ allow: ["payloads", "outputs"] }),
});
const order = { id: "7", timestamp: "2026-01-01", type: "order", text: "ä".repeat(1_000_000) };

const theirs = await library.offloadMessagePayloadIfNeeded(order, () => 2_000_000);
const opened = await offloader.unpack({
  body: JSON.stringify(theirs),
  attributes: new Map([["payloadOffloading.size", 2_000_000]]),
});
assert(opened.offloaded);

const packed = await offloader.pack({ body: JSON.stringify(order), attributes: new Map() });
assert(packed.offloaded);
const { result, error } = await library.retrieveOffloadedMessagePayload(JSON.parse(packed.body as string));
if (error !== undefined) throw error;

const paths: string[] = [];
for await (const { path } of store.list("")) paths.push(path);
const isOrder = (value: unknown): boolean => JSON.stringify(value) === JSON.stringify(order);
process.stdout.write(
  JSON.stringify({
    oursReadsTheirs: isOrder(JSON.parse(opened.body as string)),
    theirsReadsOurs: isOrder(result),
    keys: paths.length,
  }),
);
