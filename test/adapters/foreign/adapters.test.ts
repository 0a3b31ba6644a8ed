import type { Queue } from "bullmq";
import { headers } from "@nats-io/transport-node";
import { MemoryStore, StorageManager } from "../../../src/index.js";
import { amqpOffload, rabbitHandler, type RabbitMessage } from "../../../src/adapters/amqp.js";
import { bullmqOffload } from "../../../src/adapters/bullmq.js";
import { eventBridgeOffload } from "../../../src/adapters/eventbridge.js";
import {
  awsExtended,
  bakdata,
  bigPayload,
  cloudEvents,
  messageQueueToolkit,
  middyStore,
  nServiceBus,
} from "../../../src/adapters/formats.js";
import { jobsOffload } from "../../../src/adapters/jobs.js";
import { kinesisOffload } from "../../../src/adapters/kinesis.js";
import type { MessageFormat } from "../../../src/adapters/messages.js";
import { natsOffload, type NatsMessage } from "../../../src/adapters/nats.js";
import { pubsubOffload } from "../../../src/adapters/pubsub.js";
import { serviceBusOffload } from "../../../src/adapters/servicebus.js";
import { throughJson } from "../../support/payloads.js";
import { turn } from "../../support/turn.js";
import { bigJson, pathsIn } from "../messages/messages.js";

// What adapters do with formats of others: what says that a message was packed must come and go with it.

const LIMIT = 4096;
const big = bigJson(9000);
const value = JSON.parse(big) as unknown;

async function setUp() {
  const store = new MemoryStore();
  await store.write("legacy/k", big);
  const manager = new StorageManager({ store });
  const options = { manager, channel: "orders", ttl: 86_400_000, limit: LIMIT };
  return { store, options };
}

const allow = ["legacy", "outputs"];

describe("a message of another library is opened, and settled, with what stands in its attributes", () => {
  it("of Pub/Sub", async () => {
    const { store, options } = await setUp();
    const format = messageQueueToolkit({ attribute: "offloadedPayloadSize", allow, deletes: true });
    const offload = pubsubOffload({ ...options, reads: [format] });
    const body = { payloadRef: { id: "legacy/k", store: "s3", size: big.length } };
    const attributes = { offloadedPayloadSize: `${big.length}` };
    const message = { data: Buffer.from(JSON.stringify(body)), attributes };
    expect((await offload.open(message)).toString()).toBe(big);
    const log: unknown[] = [];
    const listen = offload.onMessage((_, data) => Promise.resolve(void log.push(data.toString())));
    listen({ ...message, ackWithResponse: () => Promise.resolve("SUCCESS") } as never);
    while ((await pathsIn(store)).length > 0) await turn();
    expect(log).toEqual([big]);
    const written = pubsubOffload({ ...options, format });
    const packed: unknown = await written.pack({ data: big });
    expect((await written.open(packed as typeof message)).toString()).toBe(big);
  });

  it("of NATS", async () => {
    const { options } = await setUp();
    const offload = natsOffload({ ...options, reads: [cloudEvents({ bucket: "b", allow })] });
    const own = headers();
    own.set("ce-dataref", "s3://b/legacy/k");
    const message = { data: new Uint8Array(), headers: own };
    expect(Buffer.from(await offload.open(message)).toString()).toBe(big);
    const log: string[] = [];
    async function* messages(): AsyncGenerator<NatsMessage> {
      await turn();
      yield { ...message, ackAck: () => Promise.resolve(true) } as unknown as NatsMessage;
    }
    await offload.consume(messages(), (data) => Promise.resolve(void log.push(Buffer.from(data).toString())));
    expect(log).toEqual([big]);
  });

  it("of Service Bus", async () => {
    const { options } = await setUp();
    const format = cloudEvents({ bucket: "b", attribute: "cloudEvents:dataref", allow });
    const offload = serviceBusOffload({ ...options, format, reads: [nServiceBus({ bucket: "b", allow })] });
    const packed = await offload.pack({ body: value });
    const applicationProperties = packed.applicationProperties!;
    expect(Object.keys(applicationProperties)).toEqual(["cloudEvents:dataref"]);
    for (const body of [packed.body as unknown, undefined]) {
      expect(await offload.open({ body, applicationProperties })).toEqual(value);
    }
    const property = { "NServiceBus.DataBus.legacy/k": "legacy/k" };
    const body = { Document: { Key: "legacy/k", HasValue: true } };
    expect(await offload.open({ body, applicationProperties: property })).toEqual({ Document: value });
    expect(await offload.open({ body })).toBe(body);
  });

  it("of RabbitMQ", async () => {
    const { store, options } = await setUp();
    const offload = amqpOffload({ ...options, reads: [awsExtended({ bucket: "b", allow, deletes: true })] });
    const content = Buffer.from('["class",{"s3BucketName":"b","s3Key":"legacy/k"}]');
    const own = { ExtendedPayloadSize: big.length };
    const handler = rabbitHandler(offload, ({ body }: RabbitMessage) => body);
    const asValue = { body: JSON.parse(content.toString()) as unknown, headers: own };
    expect(await handler(asValue)).toEqual(value);
    expect(await handler({ body: { a: 1 } })).toEqual({ a: 1 });
    await store.write("legacy/k", "no JSON");
    expect(await handler(asValue)).toBe("no JSON");
    await offload.settle({ content, fields: { redelivered: false }, properties: { headers: own } });
    expect(await pathsIn(store)).toEqual([]);
  });

  it("of values, by their shape", async () => {
    const { options } = await setUp();
    const format = middyStore({ bucket: "b", byShape: true, allow });
    const events = eventBridgeOffload({ ...options, format });
    const entry = await events.pack({ Source: "shop", Detail: big });
    expect(entry.Detail).toMatch(/^\{"@middy-store":"s3:/);
    const event = {
      detail: { order: JSON.parse(entry.Detail) as unknown, legacy: { "@middy-store": "s3://b/legacy/k" } },
    };
    expect((await events.open(event)).detail).toEqual({ order: value, legacy: value });
    await events.settle(event);
    const other = { detail: { a: 1 } };
    expect(await events.open(other)).toBe(other);
    const jobs = jobsOffload({ ...options, over: LIMIT, format });
    expect(await jobs.openData(throughJson(await jobs.packData(value)))).toEqual(value);
    const nothing: unknown = undefined;
    expect(await jobs.openData(nothing)).toBeUndefined();
    const bull = bullmqOffload({ ...options, over: LIMIT, reads: [format] });
    const add = (_: string, data: unknown) => Promise.resolve({ returnvalue: throughJson(data) });
    const job = await bull.add({ name: "q", add } as unknown as Queue<unknown>, "a", {
      "@middy-store": "s3://b/legacy/k",
    });
    expect(await bull.returnValue(job)).toEqual(value);
  });
});

describe("a format by which messages would be lost is refused", () => {
  const byAttribute: [string, MessageFormat][] = [
    ["awsExtended", awsExtended({ bucket: "b" })],
    ["messageQueueToolkit", messageQueueToolkit()],
    ["cloudEvents", cloudEvents({ bucket: "b" })],
    ["bakdata", bakdata({ bucket: "b", headers: true })],
  ];
  const makers = { kinesisOffload, natsOffload, eventBridgeOffload, jobsOffload, bullmqOffload };

  it.each(byAttribute)("%s, where no attribute travels", async (name, format) => {
    const { options } = await setUp();
    for (const [owner, make] of Object.entries(makers)) {
      expect(() => make({ ...options, format })).toThrow(
        expect.objectContaining({ code: "CONFIG_INVALID", message: expect.stringContaining(owner) as string }) as Error,
      );
      expect(() => make({ ...options, format })).toThrow(`format: ${name} needs an attribute`);
    }
  });

  it("and so is a body that is no JSON, where values travel; others are taken", async () => {
    const { options } = await setUp();
    const format = bakdata({ bucket: "b" });
    expect(() => jobsOffload({ ...options, format })).toThrow("format: bakdata needs a body that is no JSON");
    for (const make of Object.values(makers)) {
      make({ ...options, format: bigPayload({ bucket: "b" }) });
      make({ ...options, format: messageQueueToolkit({ byShape: true }) });
    }
    expect(kinesisOffload({ ...options, format })).toBeDefined();
  });
});
