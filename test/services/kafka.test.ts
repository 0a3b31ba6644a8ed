import { randomUUID } from "node:crypto";
import { Kafka, logLevel, type Consumer, type IHeaders } from "kafkajs";
import { kafkaOffload } from "../../src/adapters/kafka.js";
import { MemoryStore, StorageManager } from "../../src/index.js";
import { bigJson, pathsIn } from "../adapters/messages/messages.js";
import { serviceVariable } from "./service-variable.js";

const kafka = new Kafka({ brokers: serviceVariable("KAFKA_BROKERS").split(","), logLevel: logLevel.NOTHING });
const producer = kafka.producer();
const consumers: Consumer[] = [];
const DAY = 86_400_000;
// The mock keeps the last 5 MB of a partition only.
const OVER = 2_000;

beforeAll(() => producer.connect());
afterAll(async () => {
  await producer.disconnect();
  for (const consumer of consumers) await consumer.disconnect();
});

function setUp() {
  const store = new MemoryStore();
  const manager = new StorageManager({ store });
  return { store, offload: kafkaOffload({ manager, ttl: 8 * DAY, over: OVER }) };
}

/** Consumes a topic from its beginning, until `handle` has said often enough that it has enough. */
async function consume(
  topic: string,
  groupId: string,
  wrap: (handler: (value: Buffer | null) => void) => Parameters<Consumer["run"]>[0],
  count: number,
): Promise<string[]> {
  const consumer = kafka.consumer({ groupId });
  consumers.push(consumer);
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  const texts: string[] = [];
  await new Promise<void>((resolve, reject) => {
    const handler = (value: Buffer | null): void => {
      texts.push(String(value));
      if (texts.length === count) resolve();
    };
    consumer.run(wrap(handler)).catch(reject);
  });
  return texts;
}

it("carries 1,000 messages of 1 KB to 2 MB in their order, to two groups, and keeps what others may read", async () => {
  const { offload, store } = setUp();
  const topic = `orders-${randomUUID()}`;
  const bodies = Array.from({ length: 1000 }, (_, i) => bigJson(i % 100 === 0 ? 2_000_000 : 1000 + i * 100, String(i)));
  for (let i = 0; i < bodies.length; i += 100) {
    const messages = bodies.slice(i, i + 100).map((value) => ({ key: "one partition", value }));
    await producer.send(await offload.record({ topic, messages }));
  }
  const stored = await pathsIn(store);
  expect(stored.length).toBeGreaterThan(0);
  expect(stored.every((path) => /\/@\d{4}-\d\d-\d\d\//.test(path))).toBe(true);
  for (const group of ["billing", "search"]) {
    const seen = await consume(
      topic,
      `${group}-${topic}`,
      (handler) => ({
        eachMessage: offload.eachMessage(({ message }) => {
          handler(message.value);
          return Promise.resolve();
        }),
      }),
      bodies.length,
    );
    expect(seen).toEqual(bodies);
  }
  expect(await pathsIn(store)).toEqual(stored);
}, 120_000);

it("hands over what can't be opened as it was received, which opens when the payload is back", async () => {
  const { offload, store } = setUp();
  const topic = `orders-${randomUUID()}`;
  const body = bigJson(100_000);
  await producer.send(await offload.record({ topic, messages: [{ value: body }] }));
  const [path] = await pathsIn(store);
  const bytes = await (await store.read(path!)).bytes();
  await store.delete(path!);
  const dead = `${topic}-dead`;
  await consume(
    topic,
    `poison-${topic}`,
    (handler) => ({
      eachMessage: offload.eachMessage(() => Promise.reject(new Error("never called")), {
        onPoison: async (_, __, { value, headers }) => {
          await producer.send({ topic: dead, messages: [{ value: value as Buffer, headers: headers as IHeaders }] });
          handler(value as Buffer);
        },
      }),
    }),
    1,
  );
  await store.write(path!, bytes);
  const opened = await consume(
    dead,
    `dead-${topic}`,
    (handler) => ({
      eachMessage: offload.eachMessage(({ message }) => {
        handler(message.value);
        return Promise.resolve();
      }),
    }),
    1,
  );
  expect(opened).toEqual([body]);
}, 60_000);
