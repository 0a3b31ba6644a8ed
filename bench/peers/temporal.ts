import { randomUUID } from "node:crypto";
import type { BenchStorage, Contender } from "../contender.js";
import type { Backend } from "./backend.js";
import { installedVersion } from "./installed-version.js";
import { loadModule, requireModule } from "./load.js";
import { MemoryObjects } from "./memory-objects.js";
import { closing, createS3Client, type PeerS3Client } from "./s3-client.js";
import { THRESHOLD, tooLongForOneString } from "./threshold.js";

/** A payload of Temporal: one argument or result, serialised. */
interface Payload {
  readonly data?: Uint8Array | null;
}

interface CommonModule {
  readonly defaultPayloadConverter: {
    toPayload(value: unknown): Payload;
    fromPayload(payload: Payload): unknown;
  };
  readonly ExternalStorage: new (options: { drivers: object[]; payloadSizeThreshold: number }) => object;
}

interface RunnerModule {
  readonly ExternalStorageRunner: new (storage: object) => {
    store(payloads: Payload[], options: { target: object }): Promise<Payload[]>;
    retrieve(payloads: Payload[]): Promise<Payload[]>;
  };
}

interface ProtoModule {
  readonly temporal: {
    readonly api: {
      readonly common: {
        readonly v1: {
          readonly Payload: {
            encode(payload: Payload): { finish(): Uint8Array };
            decode(bytes: Uint8Array): Payload;
          };
        };
      };
    };
  };
}

interface DriverModule {
  readonly S3StorageDriver: new (options: { client: object; bucket: string; maxPayloadSize: number }) => object;
}

interface DriverClientModule {
  readonly AwsSdkS3StorageDriverClient: new (client: PeerS3Client) => object;
}

// The driver refuses more than 50 MiB unless told otherwise.
const MAX_PAYLOAD_SIZE = 2 ** 30;

/**
 * What a client does with the one argument of a workflow: it is converted, what is too large goes to external storage, and
 * what is left travels as protobuf (here in base64, as in Temporal's own JSON).
 */
export const contender: Contender = {
  name: "@temporalio/common",
  version: installedVersion("@temporalio/common"),
  cannot: tooLongForOneString,

  async open(storage) {
    const { defaultPayloadConverter, ExternalStorage } = requireModule("@temporalio/common") as CommonModule;
    const { ExternalStorageRunner } = requireModule("@temporalio/common/lib/internal-non-workflow") as RunnerModule;
    const { Payload } = (requireModule("@temporalio/proto") as ProtoModule).temporal.api.common.v1;
    const { S3StorageDriver } = requireModule("@temporalio/external-storage-s3") as DriverModule;

    const { store: client, session } = await openBackend(storage);
    const bucket = storage.s3?.bucket ?? "memory";
    const driver = new S3StorageDriver({ client, bucket, maxPayloadSize: MAX_PAYLOAD_SIZE });
    const runner = new ExternalStorageRunner(
      new ExternalStorage({ drivers: [driver], payloadSizeThreshold: THRESHOLD }),
    );

    return {
      dehydrate: async (value) => {
        const [payload] = await runner.store([defaultPayloadConverter.toPayload(value)], { target: newWorkflow() });
        return Buffer.from(Payload.encode(payload!).finish()).toString("base64");
      },
      hydrate: async (message) => {
        const travelled = Payload.decode(Buffer.from(message as string, "base64"));
        const [payload] = await runner.retrieve([travelled]);
        return defaultPayloadConverter.fromPayload(payload!);
      },
      ...session,
    };
  },
};

/** Objects are named by this and their digest: without a new one, only the first of many runs would write anything. */
function newWorkflow(): object {
  return { kind: "workflow", namespace: "default", type: "bench", id: randomUUID() };
}

/** What the S3 driver works upon. */
async function openBackend({ s3 }: BenchStorage): Promise<Backend> {
  if (s3 === undefined) return memoryBackend();
  const name = "@temporalio/external-storage-s3-aws-sdk";
  const { AwsSdkS3StorageDriverClient } = (await loadModule(name)) as DriverClientModule;
  const client = await createS3Client(s3);
  return { store: new AwsSdkS3StorageDriverClient(client), session: closing(client) };
}

/** The client interface of the S3 driver, made for other libraries than the SDK. */
function memoryBackend(): Backend {
  const objects = new MemoryObjects<Uint8Array>();
  const client = {
    putObject: (_bucket: string, key: string, data: Uint8Array) => Promise.resolve(void objects.put(data, key)),
    objectExists: (_bucket: string, key: string) => Promise.resolve(objects.has(key)),
    getObject: (_bucket: string, key: string) => Promise.resolve(objects.get(key)),
  };
  return { store: client, session: objects.session };
}
