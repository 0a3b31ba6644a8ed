// What packing and opening a message that fits adds, for each adapter: npx tsx bench/messages.ts. See docs/messages/README.md.
// A message of 1 KiB with two attributes; the mean of 20,000 packed and opened one after the other, of which the median of nine
// rounds, in time of the processor: what else runs on the machine is not in it. Adapters that only send, pack. Clients are not called: what they take themselves is not in it.
import process from "node:process";
import type { Job, Queue } from "bullmq";
import { MemoryStore, StorageManager } from "coatcheck";
import { amqpOffload } from "coatcheck/amqp";
import { bullmqOffload } from "coatcheck/bullmq";
import { cloudEventsOffload } from "coatcheck/cloudevents";
import { eventBridgeOffload } from "coatcheck/eventbridge";
import { kafkaOffload } from "coatcheck/kafka";
import { kinesisOffload } from "coatcheck/kinesis";
import { natsOffload } from "coatcheck/nats";
import { pubsubOffload } from "coatcheck/pubsub";
import { serviceBusOffload } from "coatcheck/servicebus";
import { snsOffload } from "coatcheck/sns";
import { sqsOffload } from "coatcheck/sqs";
import { median } from "./measure/statistics.js";

const MESSAGES = 20_000;
const ROUNDS = 9;

const manager = new StorageManager({ store: new MemoryStore() });
const options = { manager, channel: "orders", ttl: 28 * 24 * 60 * 60 * 1000 };
const value = { type: "order.created", tenant: 7, text: "x".repeat(970) };
const text = JSON.stringify(value);
const bytes = Buffer.from(text);
const texts = { tenant: "7", traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01" };
const amazon = Object.fromEntries(
  Object.entries(texts).map(([name, StringValue]) => [name, { DataType: "String", StringValue }]),
);

const sqs = sqsOffload(options);
const sns = snsOffload(options);
const kafka = kafkaOffload(options);
const bullmq = bullmqOffload(options);
const amqp = amqpOffload(options);
const servicebus = serviceBusOffload(options);
const kinesis = kinesisOffload(options);
const pubsub = pubsubOffload(options);
const cloudevents = cloudEventsOffload({ ...options, base: "s3://payloads" });
const eventbridge = eventBridgeOffload(options);
const nats = natsOffload(options);

const job = { data: value, opts: {}, queueName: "orders", id: "7" } as unknown as Job;
const queue = { name: "orders", add: () => Promise.resolve(job) } as unknown as Queue;
const processor = bullmq.processor(() => Promise.resolve(7));
const headers = Object.entries(texts).map(([name, one]): [string, string[]] => [name, [one]]);
const event = { specversion: "1.0", id: "7", type: "order", source: "/shop", data: value, ...texts };

/** What packs a message, and opens it where the adapter does that. */
const ADAPTERS: Readonly<Record<string, () => Promise<unknown>>> = {
  sqs: async () => {
    const { MessageBody, MessageAttributes } = await sqs.pack({
      QueueUrl: "orders",
      MessageBody: text,
      MessageAttributes: amazon,
    });
    return sqs.open({ Body: MessageBody, MessageAttributes });
  },
  sns: () => sns.pack({ TopicArn: "orders", Message: text, MessageAttributes: amazon }),
  kafka: async () => kafka.open(await kafka.pack("orders", { key: "7", value: bytes, headers: texts })),
  bullmq: async (): Promise<unknown> => processor(await bullmq.add(queue, "import", value)),
  amqp: async () => {
    const packed = await amqp.pack(bytes, { headers: texts });
    return amqp.open({ content: packed.content, fields: { redelivered: false }, properties: packed.options });
  },
  servicebus: async () => servicebus.open(await servicebus.pack({ body: value, applicationProperties: texts })),
  kinesis: async () => kinesis.open((await kinesis.pack({ PartitionKey: "7", Data: bytes })).Data),
  pubsub: async () => pubsub.open({ data: (await pubsub.pack({ data: bytes, attributes: texts })).data }),
  cloudevents: async () => cloudevents.open(await cloudevents.pack(event)),
  eventbridge: async () => {
    await eventbridge.pack({ Source: "shop", DetailType: "order", Detail: text });
    return eventbridge.open({ detail: value });
  },
  nats: async () => nats.open({ data: Buffer.from(await nats.pack(bytes, { headers, msgID: "7" })) }),
};

async function round(work: () => Promise<unknown>): Promise<number> {
  const begun = process.cpuUsage();
  for (let i = 0; i < MESSAGES; i++) await work();
  const { user, system } = process.cpuUsage(begun);
  return (user + system) / MESSAGES;
}

console.log("| adapter | µs |\n| - | -: |");
for (const [name, work] of Object.entries(ADAPTERS)) {
  const rounds: number[] = [];
  for (let i = 0; i < ROUNDS; i++) rounds.push(await round(work));
  console.log(`| ${name} | ${median(rounds).toFixed(1)} |`);
}
