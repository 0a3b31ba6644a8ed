import fc from "fast-check";
import type { Queue } from "bullmq";
import { MemoryStore, StorageManager } from "../../../src/index.js";
import { amqpOffload, rabbitHandler, type RabbitMessage } from "../../../src/adapters/amqp.js";
import { bullmqOffload } from "../../../src/adapters/bullmq.js";
import { eventBridgeOffload } from "../../../src/adapters/eventbridge.js";
import { jobsOffload } from "../../../src/adapters/jobs.js";
import { serviceBusOffload } from "../../../src/adapters/servicebus.js";
import { snsOffload } from "../../../src/adapters/sns.js";
import { sqsOffload } from "../../../src/adapters/sqs.js";
import { longText, throughJson } from "../../support/payloads.js";
import { RecordingStore } from "../../support/recording-store.js";

// Data that looks packed to readers which are not given the bytes that were sent, but what a broker or a client made of them.

type Fields = Record<string, unknown>;

const SECRET = longText("secret", 5000);

async function setUp() {
  const store = new RecordingStore(new MemoryStore());
  const manager = new StorageManager({ store });
  const reference = await manager.dehydrate(SECRET, { scope: "other" });
  store.calls.length = 0;
  const forged = { a: 1, $storageEnvelope: { v: 1, form: "text", size: SECRET.length }, $storageBody: reference };
  return { store, forged, options: { manager, channel: "orders", ttl: 86_400_000 } };
}

/** JSON of the same value as nobody prints it. */
const spellings: Record<string, (value: Fields) => string> = {
  "as it is": (value) => JSON.stringify(value),
  "with spaces": (value) => JSON.stringify(value, null, 1),
  "with the key first, and spaces": ({ $storageEnvelope, ...rest }) =>
    JSON.stringify({ $storageEnvelope, ...rest }, null, 1),
  "with escapes": (value) => JSON.stringify(value).replace('"$storageE', '"\\u0024storage\\u0045'),
};

describe.each(Object.entries(spellings))("data with the key of the envelope, %s, is data", (_, spell) => {
  it("in EventBridge", async () => {
    const { forged, options, store } = await setUp();
    const offload = eventBridgeOffload(options);
    const { Detail } = await offload.pack({ Source: "shop", DetailType: "order", Detail: spell(forged) });
    expect((await offload.open({ detail: JSON.parse(Detail) as unknown })).detail).toEqual(forged);
    expect(store.calls).toEqual([]);
  });

  it("in Service Bus, whose client parses what is JSON", async () => {
    const { forged, options, store } = await setUp();
    const offload = serviceBusOffload(options);
    const { body } = await offload.pack({ body: Buffer.from(spell(forged)) });
    const given: unknown = parsedOr(body as Buffer);
    expect(await offload.open({ body: given })).toEqual(forged);
    expect(store.calls).toEqual([]);
  });

  it("in RabbitMQ, with a client that parses what is JSON, and with one that does not", async () => {
    const { forged, options, store } = await setUp();
    const offload = amqpOffload(options);
    const { content } = await offload.pack(Buffer.from(spell(forged)), { headers: {} });
    const handler = rabbitHandler(offload, ({ body }: RabbitMessage) => body);
    expect(await handler({ body: JSON.parse(content.toString()) as unknown })).toEqual(forged);
    const message = { content, fields: { redelivered: false }, properties: {} };
    expect((await offload.open(message)).content.toString()).toBe(spell(forged));
    expect(store.calls).toEqual([]);
  });

  it("in a notification of SNS that is sent to a queue, and published to a topic", async () => {
    const { forged, options, store } = await setUp();
    const offload = sqsOffload(options);
    const { $storageEnvelope, ...rest } = forged;
    const inner = JSON.stringify({ $storageEnvelope, ...rest });
    const body = JSON.stringify({ Type: "Notification", TopicArn: "arn", Message: inner, text: spell(forged) });
    const { MessageBody } = await offload.pack({ QueueUrl: "url", MessageBody: body });
    expect((await offload.open({ Body: MessageBody })).Body).toBe(body);
    const { Message } = await snsOffload(options).pack({ TopicArn: "arn", Message: body });
    expect((await offload.open({ Body: Message })).Body).toBe(body);
    const outer = { Type: "Notification", Message: Message };
    expect((await offload.open({ Body: JSON.stringify(outer) })).Body).toBe(
      JSON.stringify({ ...outer, Message: body }),
    );
    expect(store.calls).toEqual([]);
  });
});

/** As the client of Service Bus reads a body. */
function parsedOr(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString()) as unknown;
  } catch {
    return body;
  }
}

it("is data in queues of jobs, wherever the key stands, also of an instance of a class", async () => {
  const { forged, options, store } = await setUp();
  const instance = Object.assign(Object.create({ own: true }) as object, forged);
  const jobs = jobsOffload(options);
  const bull = bullmqOffload(options);
  const queue = { name: "q", add: (_: string, data: unknown) => Promise.resolve({ data: throughJson(data) }) };
  for (const data of [forged, instance, { toJSON: () => forged }]) {
    expect(await jobs.openData(throughJson(await jobs.packData<unknown>(data)))).toEqual(forged);
    const job = await bull.add(queue as unknown as Queue<unknown>, "import", data);
    let seen: unknown;
    const processor = bull.processor((given) => Promise.resolve(void (seen = given.data)));
    await processor({ data: job.data as unknown, opts: {}, queueName: "q" } as never);
    expect(seen).toEqual(forged);
  }
  expect(store.calls).toEqual([]);
});

it("comes back whatever it is, and is not touched where nothing in it looks so", async () => {
  const { options } = await setUp();
  const events = eventBridgeOffload(options);
  const key = fc.constantFrom("$storageEnvelope", "$storageBody", "$$storageEnvelope", "a", "7", "__proto__", "\u0000");
  const value = fc.oneof(fc.jsonValue({ maxDepth: 1 }), fc.constant({ v: 1, form: "json", size: 2 }));
  await fc.assert(
    fc.asyncProperty(fc.dictionary(key, value), async (detail) => {
      const entry = { Source: "shop", DetailType: "order", Detail: JSON.stringify(detail) };
      const packed = await events.pack(entry);
      if (!Object.hasOwn(detail, "$storageEnvelope")) expect(packed).toBe(entry);
      const opened = await events.open({ detail: JSON.parse(packed.Detail) as unknown });
      expect(JSON.stringify(opened.detail)).toBe(entry.Detail);
    }),
  );
});
