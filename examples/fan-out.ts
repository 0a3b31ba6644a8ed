// One topic, two queues: SNS hands a large message to billing and to search, and what it leads to is deleted when both are done,
// however often the queues deliver it. Here on an emulator; give the clients your region to run it on AWS.
// Run it: npx tsx examples/fan-out.ts
import assert from "node:assert/strict";
import { CreateTopicCommand, PublishCommand, SNSClient, SubscribeCommand } from "@aws-sdk/client-sns";
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { MemoryStore, StorageManager } from "coatcheck";
import { snsOffload } from "coatcheck/sns";
import { sqsOffload } from "coatcheck/sqs";
import { startFauxqs } from "fauxqs";

const emulator = await startFauxqs({ port: 0, logger: false });
const client = {
  region: "us-east-1",
  endpoint: `http://127.0.0.1:${emulator.port}`,
  credentials: { accessKeyId: "test", secretAccessKey: "test" },
};
const sns = new SNSClient(client);
const sqs = new SQSClient(client);

const store = new MemoryStore();
const manager = new StorageManager({ store });
const DAY = 24 * 60 * 60 * 1000;
const readers = ["billing", "search"];
// All sides say the same channel and the same readers.
const shared = { manager, channel: "orders", ttl: 28 * DAY };

const { TopicArn: topicArn } = await sns.send(new CreateTopicCommand({ Name: "orders" }));
const queues = new Map<string, string>();
for (const reader of readers) {
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: reader }));
  const asked = { QueueUrl, AttributeNames: ["QueueArn" as const] };
  const { Attributes } = await sqs.send(new GetQueueAttributesCommand(asked));
  const subscription = { TopicArn: topicArn, Protocol: "sqs", Endpoint: Attributes?.["QueueArn"] };
  await sns.send(new SubscribeCommand({ ...subscription, Attributes: { RawMessageDelivery: "true" } }));
  queues.set(reader, QueueUrl!);
}

async function objects(): Promise<number> {
  let count = 0;
  for await (const { path } of store.list("")) if (!path.includes("/.done/")) count++;
  return count;
}

// The sender.
const order = JSON.stringify({ id: 42, lines: Array.from({ length: 20_000 }, (_, i) => ({ item: `item ${i}` })) });
const sender = snsOffload({ ...shared, topicArn: topicArn!, retention: { consumers: readers } });
await sns.send(new PublishCommand(await sender.pack({ TopicArn: topicArn!, Message: order })));
console.log(`sent ${Buffer.byteLength(order)} bytes, which left ${await objects()} object`);

// The two receivers.
for (const reader of readers) {
  const queueUrl = queues.get(reader)!;
  const offload = sqsOffload({ ...shared, queueUrl, consumer: reader, retention: { consumers: readers } });
  const received = await sqs.send(
    new ReceiveMessageCommand({ QueueUrl: queueUrl, MessageAttributeNames: ["All"], WaitTimeSeconds: 1 }),
  );
  for (const message of received.Messages ?? []) {
    const { Body } = await offload.open(message);
    assert.equal(Body, order);
    await sqs.send(new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle: message.ReceiptHandle }));
    await offload.settle(message);
  }
  console.log(`${reader} is done, objects left: ${await objects()}`);
}
assert.equal(await objects(), 0);

sns.destroy();
sqs.destroy();
await emulator.stop();
