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
  aes256gcm,
  contentAddressedDigest,
  isStorageError,
  kubernetesResolvers,
  MemoryStore,
  openValue,
  packValue,
  renderHtml,
  renderSvg,
  RoutingStore,
  StorageManager,
  withPrefix,
} from "../src/index.js";
import * as helpers from "../src/testing/index.js";
import { DriverStore } from "../src/testing/index.js";
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

const DRIVER = { name: "own", capability: new MemoryStore().capability };
const DETAILS = { operation: "write", store: "own" };

/** A driver store of a user, whose driver is `given`. */
const driverStore = (given: never): unknown =>
  new (class extends DriverStore {
    constructor() {
      super(given);
    }
  })();

const PATHS: Record<string, readonly [call: Call, says: string]> = {
  "a path of contentAddressedDigest": [(given) => contentAddressedDigest(given), "path: must be a string"],
  "a scheme of routes": [
    (given) => new RoutingStore({ primary: new MemoryStore() }).routes(given),
    "scheme: must be a string",
  ],
  "a path of comparePaths": [(given) => helpers.comparePaths("a", given), "must be a string"],
  "a path of isListed": [(given) => helpers.isListed(given, "", undefined), "path: must be a string"],
};

const HELPERS: Record<string, readonly [call: Call, says: string]> = {
  "a driver of DriverStore": [driverStore, "driver: must have a name and a capability"],
  "a store of checkWrite": [(given) => helpers.checkWrite(given, "a", "x", {}), "store: must have a name"],
  "a store of checkRead": [(given) => helpers.checkRead(given, "a", {}), "store: must have a name"],
  "a store of checkStat": [(given) => helpers.checkStat(given, "a", {}), "store: must have a name"],
  "a store of checkDelete": [(given) => helpers.checkDelete(given, "a", {}), "store: must have a name"],
  "a store of checkList": [(given) => helpers.checkList(given, "a", {}), "store: must have a name"],
  "a store of checkCopy": [(given) => helpers.checkCopy(given, "a", "b", {}), "store: must have a name"],
  "a store of checkPresign": [(given) => helpers.checkPresign(given, "a", {} as never, 60), "store: must have a name"],
  "an info of bytesResult": [(given) => helpers.bytesResult(given, new Uint8Array()), "info: must be"],
  "an info of streamResult": [(given) => helpers.streamResult(given, chunks()), "info: must be"],
  "bytes of bytesResult": [(given) => helpers.bytesResult({ path: "a", size: 0 }, given), "bytes: must be"],
  "chunks of streamResult": [(given) => helpers.streamResult({ path: "a", size: 0 }, given), "chunks: must be"],
  "a client of kubernetesResolvers": [(given) => kubernetesResolvers({ client: given, namespace: "a" }), '"client"'],
};

async function* chunks(): AsyncGenerator<Uint8Array> {}
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

const throws = (): never => {
  throw new RangeError("of the user");
};
const UNREADABLE: readonly unknown[] = [revoked(), new Proxy({}, new Proxy({}, { get: () => throws }))];

it.each(Object.keys(HELPERS))("%s is refused when it is something else, or can't be read", async (name) => {
  const [call, says] = HELPERS[name]!;
  for (const given of [...NOTHING_RIGHT, ...UNREADABLE]) {
    const error = await failureOf(Promise.resolve().then(() => call(given as never)));
    expect(error).toMatchObject({ code: "CONFIG_INVALID", operation: "configure" });
    expect(error.message).toContain(says);
  }
});

it.each(Object.keys(PATHS))("%s is refused when it is no text", async (name) => {
  const [call, says] = PATHS[name]!;
  for (const given of NOTHING_RIGHT.filter((value) => typeof value !== "string")) {
    const error = await failureOf(Promise.resolve().then(() => call(given as never)));
    expect(error).toMatchObject({ code: "CONFIG_INVALID", operation: "configure" });
    expect(error.message).toContain(says);
  }
});

it("options and details of collectBody and checkedChunks are refused when they are no objects", async () => {
  for (const given of [undefined, null, 1, "text", Symbol("s")]) {
    for (const call of [
      () => helpers.collectBody("x", given as never, DETAILS),
      () => helpers.collectBody("x", {}, given as never),
      () => helpers.checkedChunks("x", given as never, DETAILS).next(),
      () => helpers.checkedChunks("x", {}, given as never).next(),
      () => helpers.checkedChunks("x", {}, DETAILS, Symbol("s") as never).next(),
    ]) {
      const error = await failureOf(Promise.resolve().then<unknown>(call));
      expect(error).toMatchObject({ code: "CONFIG_INVALID" });
    }
  }
});

it("helpers do their work with right arguments", async () => {
  expect(helpers.checkStat(DRIVER, "a", {})).toEqual({ operation: "stat", store: "own", path: "a" });
  expect(helpers.comparePaths("a", "b")).toBeLessThan(0);
  expect(helpers.isListed("a/b", "a/", undefined)).toBe(true);
  const words = new Uint16Array([1, 2]);
  for (const bytes of [words, words.buffer, new DataView(words.buffer), Buffer.from(words.buffer)]) {
    const chunks = helpers.checkedChunks(bytes as never, { size: 4 }, DETAILS);
    expect(Buffer.concat(await helpers.collectBody(bytes as never, {}, DETAILS))).toHaveLength(4);
    expect((await chunks.next()).value).toHaveLength(4);
  }
  expect(await helpers.collectBody("x", {}, DETAILS)).toHaveLength(1);
  expect(await helpers.bytesResult({ path: "a", size: 1 }, new Uint8Array(1)).bytes()).toHaveLength(1);
  expect(await helpers.streamResult({ path: "a", size: 0 }, chunks()).bytes()).toHaveLength(0);
});

it.each<[string, (given: never) => unknown]>([
  ["a store", (store) => withPrefix(store, "below")],
  ["an option of a manager", (allow) => new StorageManager({ store: new MemoryStore(), allow })],
  ["the options of a codec", (options) => aes256gcm(options)],
  ["the options of resolvers", (options) => kubernetesResolvers(options)],
  ["the options of dehydrate", (options) => manager.dehydrate(1, options)],
  ["an option of dehydrate", (schema) => manager.dehydrate(1, { schema })],
  ["an option of hydrate", (stepRunId) => manager.hydrate(1, { stepRunId })],
  ["the options of list", (of) => manager.list("", of)[Symbol.asyncIterator]().next()],
  ["the payloads of collect", (live) => manager.collect({ live })],
])("%s that can't be read is refused", async (_, call) => {
  for (const given of UNREADABLE) {
    const error = await failureOf(Promise.resolve().then(() => call(given as never)));
    expect(error).toMatchObject({ code: "CONFIG_INVALID" });
  }
});

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}
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
