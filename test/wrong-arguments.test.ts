import { amqpOffload, rabbitHandler } from "../src/adapters/amqp.js";
import { bullmqOffload } from "../src/adapters/bullmq.js";
import { cloudEventsOffload } from "../src/adapters/cloudevents.js";
import { durableHandler } from "../src/adapters/durable.js";
import { eventBridgeOffload } from "../src/adapters/eventbridge.js";
import { jobsOffload, openParent } from "../src/adapters/jobs.js";
import { kafkaOffload } from "../src/adapters/kafka.js";
import { kinesisOffload } from "../src/adapters/kinesis.js";
import { withOffload } from "../src/adapters/lambda.js";
import { natsOffload } from "../src/adapters/nats.js";
import { pubsubOffload } from "../src/adapters/pubsub.js";
import { serviceBusOffload } from "../src/adapters/servicebus.js";
import { snsOffload } from "../src/adapters/sns.js";
import { consumerOptions, settleAfterDelete, sqsBatchHandler, sqsOffload } from "../src/adapters/sqs.js";
import { azureScheme } from "../src/azure.js";
import { gcsScheme } from "../src/gcs.js";
import {
  isStorageError,
  MemoryStore,
  openValue,
  packValue,
  renderHtml,
  renderSvg,
  RoutingStore,
  StorageManager,
} from "../src/index.js";
import { inspector } from "../src/inspector.js";
import { s3Scheme } from "../src/s3.js";
import { failureOf } from "./support/failure.js";

// Programs without types pass anything. What they pass is refused as CONFIG_INVALID, and never a bare TypeError.

const manager = new StorageManager({ store: new MemoryStore() });
const options = { manager, channel: "orders", ttl: 86_400_000 };
const sqs = sqsOffload(options);
const amqp = amqpOffload(options);
const bull = bullmqOffload({ ...options, retention: "settle" });
const bridge = eventBridgeOffload(options);
const events = cloudEventsOffload({ ...options, base: "s3://b" });
const jobs = jobsOffload({ ...options, retention: "settle" });
const kafka = kafkaOffload(options);
const kinesis = kinesisOffload(options);
const nats = natsOffload(options);
const pubsub = pubsubOffload(options);
const bus = serviceBusOffload(options);
const sns = snsOffload(options);
const content = Buffer.from("small");
const channel = { consume: () => undefined, ack: () => undefined, nack: () => undefined };
const receiver = { completeMessage: 1, abandonMessage: 1, deadLetterMessage: 1 };
for (const name of Object.keys(receiver)) Object.assign(receiver, { [name]: () => undefined });
const handler = () => Promise.resolve(undefined);

type Call = (given: never) => unknown;

const CALLS: Record<string, readonly [call: Call, says: string]> = {
  "a plan of renderSvg": [(given) => renderSvg(given), "plan: must be what manager.plan(payload) returned"],
  "a plan of renderHtml": [(given) => renderHtml(given), "plan: must be what manager.plan(payload) returned"],
  "a manager of packValue": [(given) => packValue(given, 1), "manager: must be a StorageManager"],
  "a manager of openValue": [(given) => openValue(given, 1), "manager: must be a StorageManager"],
  "a manager of openParent": [(given) => openParent(given, { parentOutput: handler }, 1), "must be a StorageManager"],
  "a context of openParent": [(given) => openParent(manager, given, 1), "context: must be"],
  "an offload of consumerOptions": [(given) => consumerOptions(given, { handleMessage: handler }), "what sqsOffload"],
  "a handler of consumerOptions": [(given) => consumerOptions(sqs, given), "handler: must be"],
  "an offload of settleAfterDelete": [(given) => settleAfterDelete(given, { on: handler }), "what sqsOffload"],
  "a consumer of settleAfterDelete": [(given) => settleAfterDelete(sqs, given), "consumer: must be"],
  "an offload of rabbitHandler": [(given) => rabbitHandler(given, handler), "what amqpOffload returned"],
  "an offload of sqsBatchHandler": [(given) => sqsBatchHandler(given, () => Promise.resolve()), "what sqsOffload"],
  "a manager of inspector": [(given) => inspector(given), "manager: must be a StorageManager"],
  "a client of sqs.send": [(given) => sqs.send(given, { QueueUrl: "url", MessageBody: "" }), "client: must"],
  "a client of sqs.sendBatch": [(given) => sqs.sendBatch(given, "url", []), "client: must"],
  "a channel of amqp.publish": [(given) => amqp.publish(given, "x", "key", content), "channel: must"],
  "a channel of amqp.sendToQueue": [(given) => amqp.sendToQueue(given, "q", content), "channel: must"],
  "a channel of amqp.consume": [(given) => amqp.consume(given, "q", () => Promise.resolve()), "channel: must"],
  "a client of nats.publish": [(given) => nats.publish(given, "orders", content), "client: must"],
  "messages of nats.consume": [(given) => nats.consume(given, () => Promise.resolve()), "messages: must"],
  "a sender of servicebus.send": [(given) => bus.send(given, []), "sender: must"],
  "a receiver of servicebus.process": [(given) => bus.process(given, () => Promise.resolve()), "receiver: must"],
  "a queue of bullmq.add": [(given) => bull.add(given, "name", 1), "queue: must"],
  "a queue of bullmq.addBulk": [(given) => bull.addBulk(given, []), "queue: must"],
  "a job of bullmq.childrenValues": [(given) => bull.childrenValues(given), "job: must"],
  "events of bullmq.settleOn": [(given) => bull.settleOn(given), "events: must"],
  "events of jobs.settleOn": [(given) => jobs.settleOn(given), "events: must"],
};

// Objects, of which each field may be missing.
const OBJECTS: Record<string, readonly [call: Call, says: string]> = {
  "sqs.pack": [(given) => sqs.pack(given), "input: must be an object"],
  "sqs.open": [(given) => sqs.open(given), "message: must be an object"],
  "the options of sqs.open": [(given) => sqs.open({ Body: "" }, orNull(given)), "options"],
  "sqs.settle": [(given) => sqs.settle(given), "message: must be an object"],
  "sns.pack": [(given) => sns.pack(given), "input: must be an object"],
  "eventbridge.pack": [(given) => bridge.pack(given), "entry: must be an object"],
  "eventbridge.batches": [(given) => [...bridge.batches([given])], "entry: must be an object"],
  "eventbridge.open": [(given) => bridge.open(given), "event: must be an object"],
  "eventbridge.settle": [(given) => bridge.settle(given), "event: must be an object"],
  "kinesis.pack": [(given) => kinesis.pack(given), "entry: must be an object"],
  "kinesis.batches": [(given) => [...kinesis.batches([given])], "entry: must be an object"],
  "kafka.pack": [(given) => kafka.pack("topic", given), "message: must be an object"],
  "kafka.record": [(given) => kafka.record(given), "record: must be an object"],
  "the messages of kafka.record": [(given) => kafka.record({ topic: "t", messages: [given] }), "message: must be"],
  "kafka.open": [(given) => kafka.open(given), "message: must be an object"],
  "the options of amqp.pack": [(given) => amqp.pack(content, orNull(given)), "options: must be an object"],
  "amqp.open": [(given) => amqp.open(given), "message: must be an object"],
  "amqp.settle": [(given) => amqp.settle(given), "message: must be an object"],
  "the options of nats.pack": [(given) => nats.pack(content, orNull(given)), "options: must be an object"],
  "nats.open": [(given) => nats.open(given), "message: must be an object"],
  "pubsub.pack": [(given) => pubsub.pack(given), "message: must be an object"],
  "pubsub.open": [(given) => pubsub.open(given), "message: must be an object"],
  "servicebus.pack": [(given) => bus.pack(given), "message: must be an object"],
  "servicebus.open": [(given) => bus.open(given), "message: must be an object"],
  "cloudevents.pack": [(given) => events.pack(given), "event: must be an object"],
  "cloudevents.open": [(given) => events.open(given), "event: must be an object"],
  "bullmq.flow": [(given) => bull.flow(given), "flow: must be an object"],
  "bullmq.returnValue": [(given) => bull.returnValue(given), "job: must be an object"],
};

const FUNCTIONS: Record<string, Call> = {
  "kafka.eachMessage": (given) => kafka.eachMessage(given),
  "kafka.eachBatch": (given) => kafka.eachBatch(given),
  "amqp.consume": (given) => amqp.consume(channel as never, "q", given),
  "nats.consume": (given) => nats.consume(none(), given),
  "pubsub.onMessage": (given) => pubsub.onMessage(given),
  "servicebus.process": (given) => bus.process(receiver as never, given),
  "bullmq.processor": (given) => bull.processor(given),
  "jobs.task": (given) => jobs.task(given),
  "jobs.work": (given) => jobs.work(given),
  "jobs.define": (given) => jobs.define(given),
  sqsBatchHandler: (given) => sqsBatchHandler(sqs, given),
  withOffload: (given) => withOffload({ manager }, given),
  durableHandler: (given) => durableHandler({ manager }, given),
};

/** Options that are not given are those by default. */
function orNull(given: unknown): never {
  return (given ?? null) as never;
}

async function* none(): AsyncGenerator<never> {
  // nothing arrives
}

const NOTHING_RIGHT: readonly unknown[] = [undefined, null, 1, "", "text", Symbol("s"), {}, [], new Date()];

it.each(Object.keys(CALLS))("%s is refused when it is something else", async (name) => {
  const [call, says] = CALLS[name]!;
  for (const given of NOTHING_RIGHT) {
    const error = await failureOf(Promise.resolve().then(() => call(given as never)));
    expect(error).toMatchObject({ code: "CONFIG_INVALID", operation: "configure" });
    expect(error.message).toContain(says);
  }
});

it.each(Object.keys(OBJECTS))("%s refuses what is no object", async (name) => {
  const [call, says] = OBJECTS[name]!;
  for (const given of [undefined, null, 1, "text", Symbol("s")]) {
    const error = await failureOf(Promise.resolve().then(() => call(given as never)));
    expect(error).toMatchObject({ code: "CONFIG_INVALID" });
    expect(error.message).toContain(says);
  }
});

it.each(Object.keys(FUNCTIONS))("%s refuses a handler that is no function", async (name) => {
  for (const given of NOTHING_RIGHT) {
    const error = await failureOf(Promise.resolve().then(() => FUNCTIONS[name]!(given as never)));
    expect(error).toMatchObject({ code: "CONFIG_INVALID", operation: "configure" });
    expect(error.message).toContain("handler: must be a function");
  }
});

it("lists that are none are refused", async () => {
  const calls: readonly (() => unknown)[] = [
    () => [...bridge.batches(null as never)],
    () => [...kinesis.batches(null as never)],
    () => kafka.record({ topic: "t", messages: null as never }),
    () => sqs.sendBatch({ send: handler } as never, "url", null as never),
    () => sqs.sendBatch({ send: handler } as never, null as never, []),
    () => bull.addBulk({ addBulk: handler } as never, null as never),
  ];
  for (const call of calls) {
    expect(await failureOf(Promise.resolve().then(call))).toMatchObject({ code: "CONFIG_INVALID" });
  }
});

it("a handler of rabbitHandler is refused when it is no function", async () => {
  const error = await failureOf(Promise.resolve().then(() => rabbitHandler(amqp, {} as never)));
  expect(error.message).toContain("handler: must be a function");
});

describe.each([
  ["s3Scheme", s3Scheme, { clientConfig: { endpoint: "no url" } }],
  ["gcsScheme", gcsScheme, { clientConfig: { apiEndpoint: "ftp://host" } }],
  ["azureScheme", azureScheme, { accountUrl: "no url" }],
])("%s", (_, scheme, wrong) => {
  const refusal = (given: unknown) => failureOf(Promise.resolve().then(() => scheme(given as never)));

  it("refuses wrong options when they are given, not at the first read", async () => {
    for (const given of [null, 1, "text", [], { bukcet: "b" }, { timeout: -1 }, wrong]) {
      expect(isStorageError(await refusal(given), "CONFIG_INVALID")).toBe(true);
    }
  });

  it("takes what its stores take", () => {
    for (const given of [undefined, {}, { prefix: "below" }]) expect(scheme(given)).toBeInstanceOf(Function);
  });
});

it("azureScheme takes a credential without an account, which paths name", () => {
  const credential = { getToken: () => Promise.resolve(null) };
  expect(azureScheme({ credential })).toBeInstanceOf(Function);
  expect(azureScheme({ presign: true })).toBeInstanceOf(Function);
});

it.each<[string, { list(prefix: string): AsyncIterable<unknown> }]>([
  ["a manager", manager],
  ["a RoutingStore", new RoutingStore({ primary: new MemoryStore() })],
])("a prefix of list that is no text is refused by %s", async (_, lister) => {
  for (const prefix of [Symbol("s"), Object.create(null), 1, null, undefined]) {
    const listing = lister.list(prefix as never)[Symbol.asyncIterator]();
    expect(await failureOf(listing.next())).toMatchObject({ code: "INVALID_PATH" });
  }
});
