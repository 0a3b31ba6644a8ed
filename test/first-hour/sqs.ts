// A message that SQS refuses goes through SQS: its body lies in S3 until the receiver has acknowledged it.
import assert from "node:assert/strict";
import { CreateQueueCommand, DeleteMessageCommand, ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { StorageManager } from "coatcheck";
import { S3Store } from "coatcheck/s3";
import { sqsOffload } from "coatcheck/sqs";

const client = new SQSClient({});
const { QueueUrl: queueUrl } = await client.send(new CreateQueueCommand({ QueueName: "orders" }));
assert.ok(queueUrl);

const store = new S3Store({ bucket: "payloads", clientConfig: { forcePathStyle: true } });
const manager = new StorageManager({ store });
const offload = sqsOffload({ manager, queueUrl, retention: "settle", ttl: 28 * 24 * 60 * 60 * 1000 });

const order = JSON.stringify({ id: 42, document: "a long line\n".repeat(200_000) });
await offload.send(client, { QueueUrl: queueUrl, MessageBody: order });

const { Messages = [] } = await client.send(
  new ReceiveMessageCommand({ QueueUrl: queueUrl, MessageAttributeNames: ["All"], WaitTimeSeconds: 1 }),
);
assert.equal(Messages.length, 1);
for (const message of Messages) {
  assert.ok(message.Body!.length < 1000); // what went through the queue
  assert.equal((await offload.open(message)).Body, order);
  await client.send(new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle: message.ReceiptHandle }));
  await offload.settle(message);
}
for await (const { path } of store.list("")) assert.fail(`${path} is left`);

await manager.close();
client.destroy();
