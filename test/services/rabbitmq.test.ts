import { randomUUID } from "node:crypto";
import { connect, type ChannelModel, type ConfirmChannel, type ConsumeMessage } from "amqplib";
import { amqpOffload, type AmqpOptions } from "../../src/adapters/amqp.js";
import { MemoryStore, StorageManager } from "../../src/index.js";
import { bigJson, pathsIn } from "../adapters/messages/messages.js";
import { serviceVariable } from "./service-variable.js";

const url = serviceVariable("RABBITMQ_URL");
let connection: ChannelModel;
let channel: ConfirmChannel;

beforeAll(async () => {
  connection = await connect(url);
  channel = await connection.createConfirmChannel();
});
afterAll(() => connection.close());

function setUp(options: Partial<AmqpOptions> = {}) {
  const store = new MemoryStore();
  const manager = new StorageManager({ store });
  const offload = amqpOffload({ manager, channel: "orders", retention: "settle", over: 65_536, ...options });
  return { store, offload };
}

/** A queue whose dead letters go to another one. */
async function queues(): Promise<{ queue: string; dead: string }> {
  const [queue, dead] = [randomUUID(), randomUUID()];
  await channel.assertQueue(dead);
  await channel.assertQueue(queue, { deadLetterExchange: "", deadLetterRoutingKey: dead });
  return { queue, dead };
}

/** What consumers hand over, until there is enough of it. */
class Received {
  readonly texts: string[] = [];
  private readonly waiting: { count: number; resolve: () => void }[] = [];

  add(content: Buffer): void {
    this.texts.push(content.toString());
    for (const { count, resolve } of this.waiting) if (this.texts.length >= count) resolve();
  }

  until(count: number): Promise<void> {
    return new Promise((resolve) => {
      this.waiting.push({ count, resolve });
      if (this.texts.length >= count) resolve();
    });
  }
}

it("carries 1,000 messages of 1 KB to 2 MB, through a consumer that is killed, exactly those that were sent", async () => {
  const { offload, store } = setUp();
  const { queue } = await queues();
  const bodies = Array.from({ length: 1000 }, (_, i) => bigJson(i % 100 === 0 ? 2_000_000 : 1000 + i * 100, String(i)));
  // Together: the broker confirms each when it is on disk.
  await Promise.all(bodies.map((body) => offload.sendToQueue(channel, queue, Buffer.from(body), { persistent: true })));
  const leaves = bodies.filter((body) => body.length > 65_536).length;
  expect(await pathsIn(store)).toHaveLength(leaves);

  // The first consumer takes sixteen messages, acknowledges none, and is gone.
  const killed = await connection.createChannel();
  await killed.prefetch(16);
  const taken = new Received();
  await offload.consume(killed, queue, ({ content }) => {
    taken.add(content);
    return new Promise(() => undefined);
  });
  await taken.until(16);
  await killed.close();
  expect(await pathsIn(store)).toHaveLength(leaves);

  const received = new Received();
  await channel.prefetch(8);
  const { consumerTag } = await offload.consume(channel, queue, ({ content }) => {
    received.add(content);
    return Promise.resolve();
  });
  await received.until(bodies.length);
  await channel.cancel(consumerTag);
  expect([...received.texts].sort()).toEqual([...bodies].sort());
  await settled(store);
  expect(await channel.checkQueue(queue)).toMatchObject({ messageCount: 0 });
}, 120_000);

/** Waits until nothing is left: settling follows the last acknowledgement. */
async function settled(store: MemoryStore): Promise<void> {
  while ((await pathsIn(store)).length > 0) await new Promise((resolve) => setTimeout(resolve, 10));
}

it("dead-letters what can't be opened, and opens it when the payload is back", async () => {
  const { offload, store } = setUp();
  const { queue, dead } = await queues();
  const body = Buffer.from(bigJson(100_000));
  await offload.sendToQueue(channel, queue, body, { headers: { own: "header" } });
  const [path] = await pathsIn(store);
  const bytes = await (await store.read(path!)).bytes();
  await store.delete(path!);
  const failed = new Promise((resolve) => {
    void offload.consume(channel, queue, () => Promise.reject(new Error("never called")), { onFailure: resolve });
  });
  expect(await failed).toMatchObject({ code: "NOT_FOUND", disposition: "reject" });
  await store.write(path!, bytes);
  const message = await new Promise<ConsumeMessage>((resolve) => {
    void offload.consume(channel, dead, (received: ConsumeMessage) => {
      resolve(received);
      return Promise.resolve();
    });
  });
  expect(message.content.equals(body)).toBe(true);
  expect(message.properties.headers).toMatchObject({ own: "header", "x-death": expect.anything() as unknown });
});

it("discards a mandatory message that no queue takes", async () => {
  const { offload, store } = setUp();
  await offload.publish(channel, "", randomUUID(), Buffer.from(bigJson(100_000)), { mandatory: true });
  expect(await pathsIn(store)).toEqual([]);
});

it("refuses headers that would end the connection, before anything is stored", async () => {
  const { offload, store } = setUp();
  const headers = { own: "x".repeat(70_000) };
  await expect(
    offload.publish(channel, "", randomUUID(), Buffer.from(bigJson(100_000)), { headers }),
  ).rejects.toMatchObject({ code: "LIMIT_EXCEEDED" });
  expect(await pathsIn(store)).toEqual([]);
});
