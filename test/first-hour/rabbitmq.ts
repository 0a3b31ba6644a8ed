// A large message goes past RabbitMQ, and what it leads to is deleted after the acknowledgement.
import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { connect } from "amqplib";
import { MemoryStore, StorageManager } from "coatcheck";
import { amqpOffload } from "coatcheck/amqp";

const store = new MemoryStore();
const manager = new StorageManager({ store });
const offload = amqpOffload({
  manager,
  channel: "orders",
  over: 65_536,
  retention: "settle",
  ttl: 7 * 24 * 60 * 60 * 1000,
});

const connection = await connect(process.env["RABBITMQ_URL"] ?? "amqp://localhost");
const channel = await connection.createConfirmChannel();
const { queue } = await channel.assertQueue("", { exclusive: true });
const bodies = new EventEmitter();
const [arrived, failed] = [once(bodies, "body"), once(bodies, "failure")];

const order = Buffer.from(JSON.stringify({ id: 42, document: "a long line\n".repeat(200_000) }));
await offload.sendToQueue(channel, queue, order, { persistent: true }); // confirmed by the broker
const { consumerTag } = await offload.consume(
  channel,
  queue,
  ({ content }) => Promise.resolve(void bodies.emit("body", content)),
  { onFailure: (error) => bodies.emit("failure", error) },
);
const [body] = (await Promise.race([arrived, failed])) as [unknown];
assert.deepEqual(body, order);

await channel.cancel(consumerTag);
await channel.waitForConfirms();
await connection.close();
