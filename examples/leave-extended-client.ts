// A queue moves from the AWS extended client to coatcheck while messages flow. First the consumer: it reads both. Then the
// producers, one by one. Nothing stops, nothing is lost, and a FIFO queue keeps its order.
// Here on an emulator; give the clients your region to run it on AWS.
// Run it: npx tsx examples/leave-extended-client.ts
import assert from "node:assert/strict";
import { CreateBucketCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { StorageManager } from "coatcheck";
import { awsExtended } from "coatcheck/formats";
import { S3Store } from "coatcheck/s3";
import { sqsOffload } from "coatcheck/sqs";
import { startFauxqs } from "fauxqs";

const emulator = await startFauxqs({ port: 0, logger: false });
const clientConfig = {
  region: "us-east-1",
  endpoint: `http://127.0.0.1:${emulator.port}`,
  forcePathStyle: true,
  credentials: { accessKeyId: "test", secretAccessKey: "test" },
};
const sqs = new SQSClient(clientConfig);
const s3 = new S3Client(clientConfig);
const bucket = "payloads";
await s3.send(new CreateBucketCommand({ Bucket: bucket }));
const Attributes = { FifoQueue: "true" };
const created = await sqs.send(new CreateQueueCommand({ QueueName: "orders.fifo", Attributes }));
const queueUrl = created.QueueUrl!;

const store = new S3Store({ bucket, clientConfig });
const manager = new StorageManager({ store });
const extended = { bucket, allow: [`s3://${bucket}`], deletes: true };
// What is larger than the old client lets through has an object of its own, which ends after the acknowledgement.
const MOST = 262_144;
const options = { manager, queueUrl, retention: "settle" as const, over: MOST };

const sent: string[] = [];
function nextOrder(isLarge: boolean): string {
  const body = JSON.stringify({
    id: sent.length,
    lines: Array.from({ length: isLarge ? 120_000 : 3 }, (_, i) => i * 10),
  });
  sent.push(body);
  return body;
}
const input = (id: number) => ({ QueueUrl: queueUrl, MessageGroupId: "shop 7", MessageDeduplicationId: `order ${id}` });

/** What the extended client of Java sends. */
async function sendByOldClient(body: string): Promise<void> {
  const id = sent.length - 1;
  if (body.length <= MOST) {
    await sqs.send(new SendMessageCommand({ ...input(id), MessageBody: body }));
    return;
  }
  const key = `old-${id}`;
  await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body }));
  const pointer = ["software.amazon.payloadoffloading.PayloadS3Pointer", { s3BucketName: bucket, s3Key: key }];
  const size = { DataType: "Number", StringValue: String(body.length) };
  const MessageAttributes = { ExtendedPayloadSize: size };
  await sqs.send(new SendMessageCommand({ ...input(id), MessageBody: JSON.stringify(pointer), MessageAttributes }));
}

// The consumer has moved: it reads what the old client writes, and our own.
const consumer = sqsOffload({ ...options, reads: [awsExtended(extended)] });
const received: string[] = [];
const forms: string[] = [];
async function consume(): Promise<void> {
  const asked = { QueueUrl: queueUrl, MessageAttributeNames: ["All"], MaxNumberOfMessages: 10 };
  const { Messages = [] } = await sqs.send(new ReceiveMessageCommand(asked));
  for (const message of Messages) {
    const { Body } = await consumer.open(message);
    received.push(Body!);
    forms.push(formOf(message.Body!));
    await sqs.send(new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle: message.ReceiptHandle }));
    await consumer.settle(message);
  }
}

function formOf(body: string): string {
  if (body.startsWith('["software.amazon.')) return "old";
  return body.startsWith('{"$storageEnvelope"') ? "own" : "as it is";
}

/** Sends three messages, and says of what the queue was full when the consumer went on. */
async function sendThree(by: string, send: (body: string) => Promise<unknown>): Promise<void> {
  for (const isLarge of [true, false, true]) await send(nextOrder(isLarge));
  console.log(`${by}: sent ${sent.length}, received ${received.length}`);
}

await sendThree("the old client", sendByOldClient);
// A producer that moves while others still need the old format writes it.
const between = sqsOffload({ ...options, format: awsExtended(extended) });
await sendThree("coatcheck, old format", (body) => between.send(sqs, { ...input(sent.length - 1), MessageBody: body }));
await consume();
// And when all consumers have moved, no format is needed any more.
const producer = sqsOffload(options);
await sendThree("coatcheck, own format", (body) =>
  producer.send(sqs, { ...input(sent.length - 1), MessageBody: body }),
);
while (received.length < sent.length) await consume();

assert.deepEqual(received, sent);
console.log(`as they came: ${forms.join(", ")}`);
const left = await s3.send(new ListObjectsV2Command({ Bucket: bucket }));
console.log(`received ${received.length} in their order, objects left: ${left.KeyCount}`);
assert.equal(left.KeyCount, 0);

await manager.close();
await store.close();
sqs.destroy();
s3.destroy();
await emulator.stop();
