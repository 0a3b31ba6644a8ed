// Large messages through RabbitMQ, with dead letters: what can't be opened, or fails twice, goes to another queue, and is handled
// from there once the cause is gone.
// Run it: RABBITMQ_URL=amqp://localhost npx tsx examples/rabbitmq.ts
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { connect } from "amqplib";
import { MemoryStore, StorageManager, isStorageError } from "coatcheck";
import { amqpOffload } from "coatcheck/amqp";

const DAY = 24 * 60 * 60 * 1000;
const store = new MemoryStore();
const manager = new StorageManager({ store });
// Objects outlive the queue and its dead letters.
const offload = amqpOffload({ manager, channel: "orders", over: 65_536, ttl: 14 * DAY });

const connection = await connect(process.env["RABBITMQ_URL"] ?? "amqp://localhost");
const channel = await connection.createConfirmChannel();
await channel.prefetch(1);
const [queue, dead] = [`orders-${randomUUID()}`, `orders-dead-${randomUUID()}`];
await channel.assertQueue(dead);
await channel.assertQueue(queue, { deadLetterExchange: "", deadLetterRoutingKey: dead });

interface Order {
  readonly id: number;
  readonly lines: readonly string[];
}
const order = (id: number, lines: number): Order => ({
  id,
  lines: Array.from({ length: lines }, (_, i) => `line ${i}`),
});
const orders = [order(1, 3), order(2, 20_000), order(3, 30_000), order(4, 40_000)];

// Four orders, of which three leave an object.
for (const one of orders) {
  await offload.sendToQueue(channel, queue, Buffer.from(JSON.stringify(one)), {
    persistent: true,
    headers: { tenant: "shop" },
  });
}
const paths: string[] = [];
for await (const { path } of store.list("")) paths.push(path);
console.log(`sent ${orders.length} orders, which left ${paths.length} objects`);

// Of one the object is lost.
const lost = new Map<string, Uint8Array>();
for (const path of paths) {
  const bytes = await (await store.read(path)).bytes();
  if (bytes.byteLength < 300_000) lost.set(path, bytes);
}
assert.equal(lost.size, 1);
for (const path of lost.keys()) await store.delete(path);

const handled = new Map<number, Order>();
let isDatabaseUp = false;
async function save(content: Buffer): Promise<void> {
  const one = JSON.parse(content.toString()) as Order;
  if (one.id === 4 && !isDatabaseUp) throw new Error("the database is down");
  handled.set(one.id, one);
  await Promise.resolve();
}

/** Consumes a queue until it is empty. */
async function drain(name: string): Promise<void> {
  const failures: string[] = [];
  const { messageCount } = await channel.checkQueue(name);
  const done = new EventTarget();
  let open = messageCount;
  const end = (): boolean => --open === 0 && done.dispatchEvent(new Event("done"));
  const isDone = once(done, "done");
  const { consumerTag } = await offload.consume(
    channel,
    name,
    async ({ content }) => {
      await save(content);
      end();
    },
    {
      onFailure: (error, message) => {
        const isPoison = isStorageError(error);
        failures.push(isPoison ? error.code : (error as Error).message);
        // What the handler fails with comes once more.
        if (isPoison || message?.fields.redelivered === true) end();
      },
    },
  );
  await isDone;
  await channel.cancel(consumerTag);
  console.log(`handled ${[...handled.keys()].join(", ")}; failed: ${failures.join(", ") || "none"}`);
}

await drain(queue);
// The broker moves dead letters by itself, a moment later.
while ((await channel.checkQueue(dead)).messageCount < 2);

// A day later the object is back, and so is the database. Dead letters are the bytes that were sent, and open as before.
for (const [path, bytes] of lost) await store.write(path, bytes);
isDatabaseUp = true;
await drain(dead);
assert.deepEqual(
  [...handled.values()].sort((a, b) => a.id - b.id),
  orders,
);

await channel.deleteQueue(queue);
await channel.deleteQueue(dead);
await connection.close();
