import { setTimeout as delay } from "node:timers/promises";
import { AckPolicy, jetstream, jetstreamManager, RetentionPolicy } from "@nats-io/jetstream";
import { connect, headers, nanos, type NatsConnection } from "@nats-io/transport-node";
import { MemoryStore, StorageManager } from "../../src/index.js";
import { natsOffload, type NatsOptions } from "../../src/adapters/nats.js";
import { bigJson, pathsIn } from "../adapters/messages/messages.js";
import { newPrefix } from "./redis.js";
import { serviceVariable } from "./service-variable.js";

const big = bigJson(3_000_000);
let connection: NatsConnection;

beforeAll(async () => {
  connection = await connect({ servers: serviceVariable("NATS_URL") });
});

afterAll(() => connection.close());

/** A work queue with one consumer. */
async function setUp(options: Partial<NatsOptions> = {}) {
  const name = newPrefix();
  const manager = await jetstreamManager(connection);
  await manager.streams.add({ name, subjects: [`${name}.>`], retention: RetentionPolicy.Workqueue });
  const consumer = { durable_name: name, ack_policy: AckPolicy.Explicit, ack_wait: nanos(300), max_deliver: 3 };
  await manager.consumers.add(name, consumer);
  const store = new MemoryStore();
  const offload = natsOffload({
    manager: new StorageManager({ store }),
    channel: name,
    retention: "settle",
    maxPayload: connection.info!.max_payload,
    ...options,
  });
  const js = jetstream(connection);
  const fetch = async (max: number) => (await js.consumers.get(name, name)).fetch({ max_messages: max, expires: 2000 });
  return { name, manager, store, offload, js, fetch };
}

it("carries what NATS does not take, and deletes it after the acknowledgement", async () => {
  const { name, store, offload, js, fetch, manager } = await setUp();
  const own = headers();
  own.set("traceparent", "00-1");
  await expect(js.publish(`${name}.large`, big)).rejects.toThrow();
  await offload.publish(js, `${name}.large`, big, { msgID: "a", headers: own });
  expect(await offload.publish(js, `${name}.large`, big, { msgID: "a" })).toMatchObject({ duplicate: true });
  await offload.publish(js, `${name}.small`, "small");
  expect(await pathsIn(store)).toHaveLength(1);
  const seen: unknown[] = [];
  await offload.consume(await fetch(2), (data, message) => {
    seen.push([Buffer.from(data).toString() === big, message.headers?.get("traceparent") ?? "", message.redelivered]);
    return Promise.resolve();
  });
  expect(seen).toEqual([
    [true, "00-1", false],
    [false, "", false],
  ]);
  expect([await pathsIn(store), (await manager.streams.info(name)).state.messages]).toEqual([[], 0]);
});

it("takes exactly what the server takes", async () => {
  const { name, offload, js, store } = await setUp();
  const own = headers();
  own.set("a", "é");
  const room = connection.info!.max_payload - "NATS/1.0\r\na: é\r\n\r\n".length - 1;
  await offload.publish(js, `${name}.fits`, "x".repeat(room), { headers: own });
  await offload.publish(js, `${name}.fits`, "x".repeat(connection.info!.max_payload));
  expect(await pathsIn(store)).toEqual([]);
  await offload.publish(js, `${name}.large`, "x".repeat(room + 1), { headers: own });
  expect(await pathsIn(store)).toHaveLength(1);
});

it("keeps nothing of what the stream refuses", async () => {
  const { name, offload, js, store } = await setUp();
  const expectation = { expect: { lastSequence: 7 } };
  await expect(offload.publish(js, `${name}.large`, big, expectation)).rejects.toThrow("wrong last sequence");
  expect(await pathsIn(store)).toEqual([]);
});

it("keeps a message while it is handled, and lets it come again when that fails", async () => {
  const { name, offload, js, fetch, store } = await setUp();
  await offload.publish(js, `${name}.large`, big);
  const deliveries: number[] = [];
  const how = { working: 100, retryAfter: 1 };
  await offload.consume(
    await fetch(2),
    async (_data, message) => {
      deliveries.push(message.info.deliveryCount);
      if (deliveries.length === 1) throw new Error("again");
      await delay(700); // longer than ack_wait
    },
    how,
  );
  expect([deliveries, await pathsIn(store)]).toEqual([[1, 2], []]);
});
