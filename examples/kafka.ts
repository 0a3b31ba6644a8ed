// Large messages through Kafka: two groups read one topic, each in the order of its partition, and what one can't open goes to a
// topic of dead letters. Nothing is deleted on reading: objects end by age, as the topic's messages do.
// Run it: KAFKA_BROKERS=localhost:9092 npx tsx examples/kafka.ts
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { Kafka, logLevel } from "kafkajs";
import { MemoryStore, StorageManager } from "coatcheck";
import { kafkaOffload } from "coatcheck/kafka";

const DAY = 24 * 60 * 60 * 1000;
const store = new MemoryStore();
const manager = new StorageManager({ store });
// At least the retention.ms of the topic, 7 days by default.
const offload = kafkaOffload({ manager, ttl: 8 * DAY });

const brokers = (process.env["KAFKA_BROKERS"] ?? "localhost:9092").split(",");
const kafka = new Kafka({ brokers, logLevel: logLevel.NOTHING });
const [topic, dead] = [`orders-${randomUUID()}`, `orders-dead-${randomUUID()}`];

const orders = [3, 90_000, 5, 120_000].map((count, id) => ({
  id,
  lines: Array.from({ length: count }, (_, i) => `line ${i} of ${id}`),
}));
const producer = kafka.producer();
await producer.connect();
const messages = orders.map((order) => ({ key: "shop 7", value: JSON.stringify(order), headers: { tenant: "7" } }));
const packed = await offload.record({ topic, messages });
await producer.send(packed);
const paths: string[] = [];
for await (const { path } of store.list("")) paths.push(path);
const bytesOf = (all: { value: unknown }[]) =>
  all.reduce((sum, { value }) => sum + Buffer.byteLength(value as Buffer), 0);
console.log(`sent ${bytesOf(messages)} bytes as ${bytesOf(packed.messages)}, which left ${paths.length} objects`);

/** The ids that a group has read, in the order of the partition, when it has read so many messages. */
async function read(group: string, from: string, count: number): Promise<number[]> {
  const consumer = kafka.consumer({ groupId: `${group}-${from}` });
  await consumer.connect();
  await consumer.subscribe({ topic: from, fromBeginning: true });
  const ids: number[] = [];
  let left = count;
  await new Promise<void>((resolve, reject) => {
    const oneLess = (): void => {
      if (--left === 0) resolve();
    };
    const eachMessage = offload.eachMessage(
      async ({ message }) => {
        const order = JSON.parse(String(message.value)) as (typeof orders)[number];
        assert.deepEqual(order, orders[order.id]);
        ids.push(order.id);
        oneLess();
        await Promise.resolve();
      },
      {
        // As it was received: a dead letter opens when its payload is back.
        onPoison: async (_payload, error, { value, headers }) => {
          const code = { "x-error": error.code };
          await producer.send({
            topic: dead,
            messages: [{ value: value as Buffer, headers: { ...(headers as Record<string, Buffer>), ...code } }],
          });
          oneLess();
        },
      },
    );
    consumer.run({ eachMessage }).catch(reject);
  });
  await consumer.disconnect();
  console.log(`${group} has read ${ids.join(", ")}`);
  return ids;
}

assert.deepEqual(await read("billing", topic, 4), [0, 1, 2, 3]);

// Before the next group reads, an object is lost: its message is a dead letter, and the partition goes on.
const lost = paths[0]!;
const bytes = await (await store.read(lost)).bytes();
await store.delete(lost);
const seen = await read("search", topic, 4);
assert.equal(seen.length, 3);
await store.write(lost, bytes);
const later = await read("search", dead, 1);
assert.deepEqual([...seen, ...later].sort(), [0, 1, 2, 3]);

await producer.disconnect();
