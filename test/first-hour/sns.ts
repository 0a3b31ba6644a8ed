// One topic, two queues: what a large message leads to is deleted when both receivers are done.
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

const [sns, sqs] = [new SNSClient({}), new SQSClient({})];
const store = new MemoryStore();
const consumers = ["billing", "search"];
const options = {
  manager: new StorageManager({ store }),
  channel: "events",
  ttl: 28 * 24 * 60 * 60 * 1000,
  retention: { consumers },
};

const { TopicArn: topicArn } = await sns.send(new CreateTopicCommand({ Name: "events" }));
assert.ok(topicArn);
const queueUrls: string[] = [];
for (const name of consumers) {
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: name }));
  const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["QueueArn"] }));
  const queue = { Protocol: "sqs", Endpoint: Attributes!["QueueArn"], Attributes: { RawMessageDelivery: "true" } };
  await sns.send(new SubscribeCommand({ TopicArn: topicArn, ...queue }));
  queueUrls.push(QueueUrl!);
}

async function left(): Promise<string[]> {
  const paths: string[] = [];
  for await (const { path } of store.list("")) if (!path.includes("/.done/")) paths.push(path);
  return paths;
}

const event = JSON.stringify({
  id: 42,
  lines: Array.from({ length: 20_000 }, (_, id) => ({ id, item: `item ${id}` })),
});
const sender = snsOffload({ ...options, topicArn });
await sns.send(new PublishCommand(await sender.pack({ TopicArn: topicArn, Message: event })));
assert.equal((await left()).length, 1);

for (const [index, queueUrl] of queueUrls.entries()) {
  const receiver = sqsOffload({ ...options, queueUrl, consumer: consumers[index] });
  const asked = { QueueUrl: queueUrl, MessageAttributeNames: ["All"], WaitTimeSeconds: 1 };
  const { Messages } = await sqs.send(new ReceiveMessageCommand(asked));
  const [message] = Messages!;
  assert.equal((await receiver.open(message!)).Body, event);
  await sqs.send(new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle: message!.ReceiptHandle }));
  await receiver.settle(message!);
  assert.equal((await left()).length, 1 - index);
}
sns.destroy();
sqs.destroy();
