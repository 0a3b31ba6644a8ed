import { Agent } from "node:http";
import { Agent as TlsAgent } from "node:https";
import type { BenchStorage, Contender, S3Target } from "../contender.js";
import type { Backend } from "./backend.js";
import { installedVersion } from "./installed-version.js";
import { requireModule } from "./load.js";
import { MemoryObjects } from "./memory-objects.js";
import { THRESHOLD, tooLongForOneString } from "./threshold.js";

interface BigPayloadModule {
  readonly SqsProducer: {
    create(options: {
      queueUrl: string;
      sqs: object;
      s3: object;
      s3Bucket: string;
      largePayloadThoughS3: true;
      messageSizeThreshold: number;
    }): { sendJSON(message: unknown): Promise<{ sqsResponse: SendResult }> };
  };
  readonly SqsConsumer: {
    create(options: {
      queueUrl: string;
      sqs: object;
      s3: object;
      getPayloadFromS3: true;
      parsePayload(raw: string): unknown;
      handleMessage(received: { payload: unknown; message: SqsMessage }): Promise<void>;
    }): SqsConsumer;
  };
}

interface SqsConsumer {
  on(event: string, handler: (failure: { err: unknown; message?: unknown }) => void): void;
  processMessage(message: SqsMessage, options: { deleteAfterProcessing: boolean }): Promise<void>;
}

interface SqsMessage {
  readonly Body: string;
}

interface SendResult {
  readonly MessageBody: string;
}

/** The SDK that the package is written for, major version 2. */
interface AwsSdk {
  readonly S3: new (config: object) => object;
}

const QUEUE_URL = "https://sqs.invalid/queue";

/**
 * The producer writes to a queue that hands the message back, and the consumer is given it as in a Lambda function: only
 * what the package does with the payload is measured. Through a server, each message would cost three more requests
 * (send, receive, delete), and no other contender sends its messages.
 */
export const contender: Contender = {
  name: "sns-sqs-big-payload",
  version: installedVersion("sns-sqs-big-payload"),
  cannot: tooLongForOneString,

  open(storage) {
    silenceMaintenanceNotice();
    const { SqsProducer, SqsConsumer } = requireModule("sns-sqs-big-payload") as BigPayloadModule;
    const { store: s3, session } = openBackend(storage);
    const queue = { queueUrl: QUEUE_URL, sqs: echoingQueue, s3 };

    const producer = SqsProducer.create({
      ...queue,
      s3Bucket: storage.s3?.bucket ?? "memory",
      largePayloadThoughS3: true,
      messageSizeThreshold: THRESHOLD,
    });

    const outcome: { failure?: unknown; payload?: unknown } = {};
    const consumer = SqsConsumer.create({
      ...queue,
      getPayloadFromS3: true,
      parsePayload: (raw) => JSON.parse(raw) as unknown,
      handleMessage: ({ payload }) => {
        outcome.payload = payload;
        return Promise.resolve();
      },
    });
    // When S3 fails it tells of it, and then hands over the reference as if that were the payload.
    for (const event of ["s3-payload-error", "processing-error"]) {
      consumer.on(event, ({ err }) => {
        outcome.failure = err;
      });
    }

    return Promise.resolve({
      dehydrate: async (payload) => (await producer.sendJSON(payload)).sqsResponse.MessageBody,
      hydrate: async (message) => {
        delete outcome.failure;
        delete outcome.payload;
        await consumer.processMessage({ Body: message as string }, { deleteAfterProcessing: false });
        if ("failure" in outcome) throw new Error("The message could not be read.", { cause: outcome.failure });
        return outcome.payload;
      },
      ...session,
    });
  },
};

/** All that the producer asks of a client of SQS. */
const echoingQueue = {
  sendMessage: ({ MessageBody }: SendResult) => answer({ MessageBody }),
};

/** A request of version 2 of the SDK. */
function answer<Result>(result: Result) {
  return { promise: () => Promise.resolve(result) };
}

function openBackend({ s3 }: BenchStorage): Backend {
  return s3 === undefined ? memoryBackend() : s3Backend(s3);
}

function s3Backend({ endpoint, region, accessKeyId, secretAccessKey }: S3Target): Backend {
  const { S3 } = requireModule("aws-sdk") as AwsSdk;
  // Version 2 opens a connection for each request, unless it is given an agent. The number is that of version 3.
  const OwnAgent = endpoint.startsWith("https:") ? TlsAgent : Agent;
  const agent = new OwnAgent({ keepAlive: true, maxSockets: 50 });
  const s3 = new S3({
    endpoint,
    region,
    accessKeyId,
    secretAccessKey,
    s3ForcePathStyle: true,
    httpOptions: { agent },
  });
  const close = () => {
    agent.destroy();
    return Promise.resolve();
  };
  return { store: s3, session: { close } };
}

/** All that the package asks of a client of S3. */
function memoryBackend(): Backend {
  const objects = new MemoryObjects<string>();
  const s3 = {
    upload: ({ Bucket, Key, Body }: { Bucket: string; Key: string; Body: string }) =>
      answer({ Bucket, Key: objects.put(Body, Key), Location: Key }),
    getObject: ({ Key }: { Key: string }) => answer({ Body: objects.get(Key) }),
  };
  return { store: s3, session: objects.session };
}

/** Version 2 of the SDK is at its end of life, and says so whenever it is loaded. */
function silenceMaintenanceNotice(): void {
  (requireModule("aws-sdk/lib/maintenance_mode_message") as { suppress: boolean }).suppress = true;
}
