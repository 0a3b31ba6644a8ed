import { randomUUID } from "node:crypto";
import { Connection, type AsyncMessage, type Consumer, type Publisher } from "rabbitmq-client";
import { amqpOffload, rabbitHandler } from "../../src/adapters/amqp.js";
import { MemoryStore, StorageManager } from "../../src/index.js";
import { type MessageError } from "../../src/adapters/messages.js";
import { FaultStore } from "../../src/testing/index.js";
import { bigJson, pathsIn } from "../adapters/messages/messages.js";
import { serviceVariable } from "./service-variable.js";

const DAY = 86_400_000;
const OVER = 65_536;
const rabbit = new Connection(serviceVariable("RABBITMQ_URL"));
let publisher: Publisher;
const consumers: Consumer[] = [];

beforeAll(() => {
  publisher = rabbit.createPublisher({ confirm: true });
});
afterAll(async () => {
  for (const consumer of consumers) await consumer.close();
  await publisher.close();
  await rabbit.close();
});

/** A queue whose dead letters go to another one. */
async function queues(): Promise<{ queue: string; dead: string }> {
  const [queue, dead] = [randomUUID(), randomUUID()];
  await rabbit.queueDeclare({ queue: dead });
  const where = { "x-dead-letter-exchange": "", "x-dead-letter-routing-key": dead };
  await rabbit.queueDeclare({ queue, arguments: where });
  return { queue, dead };
}

function setUp() {
  const store = new MemoryStore();
  // Reads of some objects fail, for a while.
  const busy = new FaultStore(store, { faults: [{ on: ["read"], calls: [1], fault: { error: "UNAVAILABLE" } }] });
  const options = { channel: "orders", ttl: 14 * DAY, over: OVER };
  const offload = amqpOffload({ ...options, manager: new StorageManager({ store }) });
  const slow = amqpOffload({ ...options, manager: new StorageManager({ store: busy }) });
  return { store, offload, slow };
}

type Handler = (message: AsyncMessage) => unknown;

/** Consumes until so many were taken. */
async function consume<T>(queue: string, count: number, wrap: (take: (one: T) => void) => Handler): Promise<T[]> {
  const taken: T[] = [];
  await new Promise<void>((resolve) => {
    const take = (one: T): void => {
      taken.push(one);
      if (taken.length === count) resolve();
    };
    const consumer = rabbit.createConsumer(
      { queue, queueOptions: { passive: true }, qos: { prefetchCount: 1 } },
      wrap(take) as never,
    );
    consumer.on("error", () => undefined); // of handlers that fail
    consumers.push(consumer);
  });
  return taken;
}

const json = { contentType: "application/json", durable: true };

it("hands over what was sent: small and large, as bytes, text and JSON, with headers", async () => {
  const { offload, store } = setUp();
  const { queue } = await queues();
  const bodies = [bigJson(1000, "a"), bigJson(200_000, "b"), bigJson(2_000_000, "c")];
  for (const [type, headers] of [
    ["application/json", { own: "json" }],
    ["text/plain", { own: "text" }],
    ["application/octet-stream", { own: "bytes" }],
  ] as const) {
    for (const body of bodies) {
      const { content, options } = await offload.pack(Buffer.from(body), { headers });
      expect(content.byteLength).toBeLessThanOrEqual(OVER);
      await publisher.send({ routingKey: queue, contentType: type, headers: options.headers }, content);
    }
  }
  expect(await pathsIn(store)).toHaveLength(2); // equal bodies are one object
  const seen = await consume<[unknown, unknown]>(queue, 9, (take) =>
    rabbitHandler(offload, ({ body, headers }: AsyncMessage) =>
      take([Buffer.isBuffer(body) ? `bytes of ${body.toString()}` : body, headers]),
    ),
  );
  const as = (own: string, form: (body: string) => unknown) => bodies.map((body) => [form(body), { own }]);
  expect(seen).toEqual([
    ...as("json", (body) => JSON.parse(body) as unknown),
    ...as("text", (body) => body),
    ...as("bytes", (body) => `bytes of ${body}`),
  ]);
}, 60_000);

it("puts back what the store can't give now, and what a handler fails with", async () => {
  const { offload, slow } = setUp();
  const { queue } = await queues();
  const body = bigJson(100_000);
  const { content } = await offload.pack(Buffer.from(body));
  await publisher.send({ ...json, routingKey: queue }, content);
  const failures: unknown[] = [];
  let calls = 0;
  const seen = await consume<unknown>(queue, 1, (take) =>
    rabbitHandler(
      slow,
      (message: AsyncMessage) => {
        if (++calls === 1) throw new Error("handler");
        take([message.redelivered, message.body]);
      },
      { retryAfter: 1, onFailure: (error) => failures.push(error) },
    ),
  );
  expect(seen).toEqual([[true, JSON.parse(body)]]);
  expect(failures).toEqual([expect.objectContaining({ code: "UNAVAILABLE", disposition: "retry" })]);
}, 60_000);

it("dead-letters poison, which is what was sent when its payload is back", async () => {
  const { offload, store } = setUp();
  const { queue, dead } = await queues();
  const bodies = [bigJson(100_000, "poison"), bigJson(100_000, "good")];
  const paths = [];
  for (const body of bodies) {
    const { content } = await offload.pack(Buffer.from(body));
    paths.push(await pathsIn(store));
    await publisher.send({ ...json, routingKey: queue }, content);
  }
  const [path] = paths[0]!;
  const bytes = await (await store.read(path!)).bytes();
  await store.delete(path!);
  const codes: unknown[] = [];
  const seen = await consume<unknown>(queue, 1, (take) =>
    rabbitHandler(offload, ({ body }: AsyncMessage) => take(body), {
      onFailure: (error) => codes.push((error as MessageError).code),
    }),
  );
  expect([seen, codes]).toEqual([[JSON.parse(bodies[1]!)], ["NOT_FOUND"]]);
  await store.write(path!, bytes);
  const later = await consume<[unknown, unknown]>(dead, 1, (take) =>
    rabbitHandler(offload, ({ body, headers }: AsyncMessage) => take([body, headers?.["x-first-death-reason"]])),
  );
  expect(later).toEqual([[JSON.parse(bodies[0]!), "rejected"]]);
}, 60_000);
