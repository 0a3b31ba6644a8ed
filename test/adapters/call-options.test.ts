import { MemoryStore, StorageManager } from "../../src/index.js";
import { amqpOffload, rabbitHandler } from "../../src/adapters/amqp.js";
import { cloudEventsOffload } from "../../src/adapters/cloudevents.js";
import { eventBridgeOffload } from "../../src/adapters/eventbridge.js";
import { jobsOffload } from "../../src/adapters/jobs.js";
import { kafkaOffload } from "../../src/adapters/kafka.js";
import { kinesisOffload } from "../../src/adapters/kinesis.js";
import { natsOffload } from "../../src/adapters/nats.js";
import { pubsubOffload } from "../../src/adapters/pubsub.js";
import { serviceBusOffload } from "../../src/adapters/servicebus.js";
import { snsOffload } from "../../src/adapters/sns.js";
import { consumerOptions, sqsBatchHandler, sqsOffload } from "../../src/adapters/sqs.js";
import { failureOf } from "../support/failure.js";

// What fits goes a short way. Options are looked at there as well.

const manager = new StorageManager({ store: new MemoryStore() });
const options = { manager, channel: "orders", ttl: 86_400_000 };
const sqs = sqsOffload(options);
const sns = snsOffload(options);
const kafka = kafkaOffload(options);
const nats = natsOffload(options);
const pubsub = pubsubOffload(options);
const bus = serviceBusOffload(options);
const events = cloudEventsOffload({ ...options, base: "s3://b" });
const bridge = eventBridgeOffload(options);
const kinesis = kinesisOffload(options);
const jobs = jobsOffload(options);
const amqp = amqpOffload(options);
const small = Buffer.from("small");

const CALLS: Record<string, (call: object) => unknown> = {
  "sqs.pack": (call) => sqs.pack({ QueueUrl: "url", MessageBody: "small" }, call),
  "sqs.open": (call) => sqs.open({ Body: "small" }, call),
  "sqs.settle": (call) => sqs.settle({ Body: "small" }, call),
  "sqs.sendBatch": (call) => sqs.sendBatch({ send: () => undefined } as never, "url", [], call),
  "sns.pack": (call) => sns.pack({ TopicArn: "arn", Message: "small" }, call),
  "kafka.pack": (call) => kafka.pack("topic", { value: "small" }, call),
  "kafka.record": (call) => kafka.record({ topic: "topic", messages: [{ value: "small" }] }, call),
  "kafka.open": (call) => kafka.open({ value: small }, call),
  "nats.pack": (call) => nats.pack("small", {}, call),
  "nats.open": (call) => nats.open({ data: small }, call),
  "pubsub.pack": (call) => pubsub.pack({ data: small }, call),
  "pubsub.open": (call) => pubsub.open({ data: small }, call),
  "servicebus.pack": (call) => bus.pack({ body: { a: 1 } }, call),
  "servicebus.open": (call) => bus.open({ body: { a: 1 } }, call),
  "cloudevents.pack": (call) => events.pack({ data: 1 }, undefined, call),
  "eventbridge.pack": (call) => bridge.pack({ Source: "shop", Detail: "{}" }, call),
  "eventbridge.open": (call) => bridge.open({ detail: { a: 1 } }, call),
  "kinesis.pack": (call) => kinesis.pack({ PartitionKey: "1", Data: small }, call),
  "kinesis.open": (call) => kinesis.open(small, call),
  "jobs.packData": (call) => jobs.packData({ a: 1 }, call),
  "jobs.openData": (call) => jobs.openData({ a: 1 }, call),
  "amqp.pack": (call) => amqp.pack(small, {}, call),
};

it.each(Object.keys(CALLS))("%s refuses options that it does not know, and an aborted call", async (name) => {
  const call = (given: object): Promise<unknown> => Promise.resolve().then(() => CALLS[name]!(given));
  const failures = [await failureOf(call({ sginal: undefined })), await failureOf(call({ signal: "signal" }))];
  expect(failures.map(({ code }) => code)).toEqual(["CONFIG_INVALID", "CONFIG_INVALID"]);
  await expect(call({ signal: new AbortController().signal })).resolves.not.toThrow();
  if (name === "sqs.settle") return; // there is nothing to do
  const reason = new Error("why");
  expect(await failureOf(call({ signal: AbortSignal.abort(reason) }))).toMatchObject({
    code: "ABORTED",
    cause: reason,
  });
});

async function* none(): AsyncGenerator<never> {
  // nothing arrives
}

const HANDLERS: Record<string, (handling: never) => unknown> = {
  sqsBatchHandler: (handling) => sqsBatchHandler(sqs, () => Promise.resolve(), handling),
  "kafka.eachMessage": (handling) => kafka.eachMessage(() => Promise.resolve(), handling),
  "kafka.eachBatch": (handling) => kafka.eachBatch(() => Promise.resolve(), handling),
  rabbitHandler: (handling) => rabbitHandler(amqp, () => 1, handling),
  "amqp.consume": (handling) => amqp.consume({} as never, "q", () => Promise.resolve(), handling),
  "nats.consume": (handling) => nats.consume(none(), () => Promise.resolve(), handling),
  "pubsub.onMessage": (handling) => pubsub.onMessage(() => Promise.resolve(), handling),
  "servicebus.process": (handling) => bus.process({} as never, () => Promise.resolve(), handling),
  keepAlive: (keepAlive) => sqs.open({ Body: "small" }, { keepAlive }),
};

it.each(Object.keys(HANDLERS))("%s refuses options that it does not know", async (name) => {
  for (const wrong of [{ onFailur: () => undefined }, { clock: 1 }, null, "options"]) {
    if (name === "keepAlive" && wrong === null) continue; // none
    const error = await failureOf(Promise.resolve().then(() => HANDLERS[name]!(wrong as never)));
    expect(error).toMatchObject({ code: "CONFIG_INVALID" });
  }
});

it("a limit of one call holds for what fits otherwise", async () => {
  const data = { text: "x".repeat(10_000) };
  expect(await jobs.packData(data)).toBe(data);
  expect(JSON.stringify(await jobs.packData(data, { limit: 5000 })).length).toBeLessThan(5000);
});

it("options of a consumer that are no handler stay", () => {
  const handler = { handleMessage: () => Promise.resolve(undefined), batchSize: 10 };
  expect(consumerOptions(sqs, handler)).toMatchObject({ batchSize: 10, messageAttributeNames: ["All"] });
});
