import { Readable } from "node:stream";
import type { BenchStorage, Contender } from "../contender.js";
import type { Backend } from "./backend.js";
import { installedVersion } from "./installed-version.js";
import { loadModule } from "./load.js";
import { MemoryObjects } from "./memory-objects.js";
import { closing, createS3Client } from "./s3-client.js";
import { THRESHOLD, tooLongForOneString } from "./threshold.js";

interface CoreModule {
  readonly AbstractQueueService: new (dependencies: object, options: object) => QueueService;
  readonly isOffloadedPayloadPointerPayload: (value: unknown) => boolean;
}

/** What the transports of the toolkit, SQS and SNS, are built on. */
interface QueueService {
  offloadMessagePayloadIfNeeded(message: unknown, messageSize: () => number): Promise<unknown>;
  retrieveOffloadedMessagePayload(pointer: unknown): Promise<{ result?: unknown; error?: Error }>;
}

interface StoreModule {
  readonly S3PayloadStore: new (dependencies: { s3: object }, config: { bucketName: string }) => object;
}

interface SerializedPayload {
  readonly value: string;
  readonly size: number;
}

/**
 * The payload work of a publisher and of a consumer, as the toolkit's own for SQS do it, without validation by a schema.
 * Its default serialiser writes every payload to a temporary file; this one is the option for who has memory for it.
 */
export const contender: Contender = {
  name: "@message-queue-toolkit/core",
  version: installedVersion("@message-queue-toolkit/core"),
  cannot: tooLongForOneString,

  async open(storage) {
    const { AbstractQueueService, isOffloadedPayloadPointerPayload } = (await loadModule(
      "@message-queue-toolkit/core",
    )) as CoreModule;
    const { store, session } = await openBackend(storage);
    const payloadStoreConfig = { store, storeName: "store", messageSizeThreshold: THRESHOLD, serializer };
    const service = new AbstractQueueService({ logger: console, errorReporter: undefined }, { payloadStoreConfig });

    return {
      dehydrate: (payload) =>
        service.offloadMessagePayloadIfNeeded(payload, () => Buffer.byteLength(JSON.stringify(payload))),
      hydrate: async (message) => {
        if (!isOffloadedPayloadPointerPayload(message)) return message;
        const { result, error } = await service.retrieveOffloadedMessagePayload(message);
        if (error !== undefined) throw error;
        return result;
      },
      ...session,
    };
  },
};

const serializer = {
  serialize(payload: unknown): Promise<SerializedPayload> {
    const value = JSON.stringify(payload);
    return Promise.resolve({ value, size: Buffer.byteLength(value) });
  },
};

async function openBackend({ s3 }: BenchStorage): Promise<Backend> {
  if (s3 === undefined) return memoryBackend();
  const { S3PayloadStore } = (await loadModule("@message-queue-toolkit/s3-payload-store")) as StoreModule;
  const client = await createS3Client(s3);
  return { store: new S3PayloadStore({ s3: client }, { bucketName: s3.bucket }), session: closing(client) };
}

/** The store interface of the toolkit. */
function memoryBackend(): Backend {
  const objects = new MemoryObjects<string>();
  const store = {
    storePayload: ({ value }: SerializedPayload) => Promise.resolve(objects.put(value)),
    retrievePayload: (key: string) => Promise.resolve(Readable.from([objects.get(key)])),
  };
  return { store, session: objects.session };
}
