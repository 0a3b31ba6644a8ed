import { randomUUID } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { connect, type IClientOptions, type IConnackPacket, type IDisconnectPacket, type MqttClient } from "mqtt";
import { MemoryStore, StorageManager } from "../../src/index.js";
import { MessageOffloader, rules, type MessageOffloaderOptions } from "../../src/adapters/messages.js";
import { bigJson, pathsIn } from "../adapters/messages/messages.js";
import { runProgram } from "../examples/run-program.js";
import { serviceVariable } from "./service-variable.js";

const url = serviceVariable("MQTT_URL");
const DAY = 86_400_000;
const clients: MqttClient[] = [];

afterEach(async () => {
  for (const client of clients.splice(0)) await client.endAsync(true);
});

/** A client, and the most that the broker says it takes. */
async function connected(options: IClientOptions = {}): Promise<{ client: MqttClient; limit: number }> {
  const client = connect(url, { protocolVersion: 5, reconnectPeriod: 0, ...options });
  clients.push(client);
  client.on("error", () => undefined);
  const { properties } = await new Promise<IConnackPacket>((resolve) => client.once("connect", resolve));
  return { client, limit: properties!.maximumPacketSize! };
}

async function subscribed(topic: string, options?: IClientOptions): Promise<MqttClient> {
  const { client } = await connected(options);
  await client.subscribeAsync(topic, { qos: 1 });
  return client;
}

function nextOf(client: MqttClient): Promise<Buffer> {
  return new Promise((resolve) => client.once("message", (_topic, payload) => resolve(payload)));
}

function setUp(options: Partial<MessageOffloaderOptions> = {}) {
  const store = new MemoryStore();
  const manager = new StorageManager({ store });
  const common = { manager, channel: "orders", rules: rules.mqtt5, hint: false as const };
  return { store, offloader: new MessageOffloader({ ...common, ttl: 8 * DAY, ...options }) };
}

/** A message of which the packet has so many bytes. */
function messageOf(size: number, attributes: ReadonlyMap<string, string> = new Map()) {
  const key = `größe/${randomUUID()}`;
  const { size: count } = rules.mqtt5;
  const room = size - count({ body: Buffer.alloc(size), attributes, key });
  const message = { body: Buffer.alloc(size + room, 120), attributes, key };
  expect(count(message)).toBe(size);
  return message;
}

/** The bytes that a client writes for a message, once the broker has taken it. */
async function written(client: MqttClient, { key, body, attributes }: ReturnType<typeof messageOf>): Promise<number> {
  const before = (client.stream as unknown as { bytesWritten: number }).bytesWritten;
  const userProperties = Object.fromEntries(attributes);
  const properties = attributes.size === 0 ? {} : { userProperties };
  await client.publishAsync(key, body, { qos: 1, properties });
  return (client.stream as unknown as { bytesWritten: number }).bytesWritten - before;
}

it("the page's program runs", async () => {
  const [, code] = /^```ts\n(.*?)^```$/ms.exec(readFileSync("docs/messages/mqtt.md", "utf8"))!;
  expect(code).toContain('"mqtt://localhost"');
  mkdirSync("reports", { recursive: true });
  writeFileSync("reports/mqtt-page.ts", code!.replace('"mqtt://localhost"', JSON.stringify(url)));
  expect(await runProgram(["reports/mqtt-page.ts"])).toBe("");
}, 60_000);

it("counts what is written, and the broker takes a packet of its limit", async () => {
  const { client, limit } = await connected();
  expect(limit).toBe(100_000);
  const attributes = new Map([["größe", "ä".repeat(50)]]);
  for (const message of [messageOf(limit), messageOf(limit, attributes), messageOf(200, attributes)]) {
    const subscriber = await subscribed(message.key, { properties: { maximumPacketSize: limit } });
    const arrived = nextOf(subscriber);
    expect(await written(client, message)).toBe(rules.mqtt5.size(message));
    expect((await arrived).equals(message.body)).toBe(true);
  }
});

it("packs one byte over the limit, which the broker would end the connection for", async () => {
  const { client, limit } = await connected();
  const { offloader, store } = setUp({ limit });
  const attributes = new Map([["größe", "ä".repeat(50)]]);
  const fits = messageOf(limit, attributes);
  expect((await offloader.pack(fits)).offloaded).toBe(false);
  const over = messageOf(limit + 1, attributes);
  const packed = await offloader.pack(over);
  expect([packed.offloaded, await pathsIn(store)]).toEqual([true, [expect.any(String)]]);
  const arrived = nextOf(await subscribed(over.key));
  expect(await written(client, { ...over, body: Buffer.from(packed.body as Buffer) })).toBe(packed.size);
  const opened = await offloader.unpack({ body: await arrived, attributes: new Map() });
  expect(over.body.equals(opened.body as Buffer)).toBe(true);

  // Mosquitto does not count the three bytes that say how long the packet is; four over, it ends the connection.
  const tooLong = messageOf(limit + 4);
  const ended = new Promise<IDisconnectPacket>((resolve) => client.once("disconnect", resolve));
  client.publish(tooLong.key, tooLong.body, { qos: 1 });
  expect((await ended).reasonCode).toBe(149);
});

it("a packet over the limit comes again with each connection, as the page says", async () => {
  const { client, limit } = await connected({ reconnectPeriod: 1 });
  const sizes: number[] = [];
  const ends = new Promise<void>((resolve) => {
    client.on("disconnect", ({ reasonCode }: IDisconnectPacket) => {
      if (sizes.push(reasonCode!) === 3) resolve();
    });
  });
  const { key, body } = messageOf(limit + 4);
  client.publish(key, body, { qos: 1 });
  await ends;
  expect(sizes).toEqual([149, 149, 149]);
});

it("reaches a subscriber that takes less, by the lowest limit", async () => {
  const { client } = await connected();
  const { offloader } = setUp({ limit: 4096 });
  const message = messageOf(20_000);
  const subscriber = await subscribed(message.key, { properties: { maximumPacketSize: 4096 } });
  const arrived = nextOf(subscriber);
  await client.publishAsync(message.key, message.body, { qos: 1 }); // dropped, and nobody is told
  const packed = await offloader.pack(message);
  await client.publishAsync(message.key, packed.body as Buffer, { qos: 1 });
  const payload = await arrived;
  expect(payload.equals(packed.body as Buffer)).toBe(true);
  const opened = await offloader.unpack({ body: payload, attributes: new Map() });
  expect(message.body.equals(opened.body as Buffer)).toBe(true);
});

it("keeps a retained message for as long as it is there, and nothing of what it replaced", async () => {
  const { client, limit } = await connected();
  const { offloader, store } = setUp({ limit, retention: "settle", ttl: "never" });
  const key = `state/${randomUUID()}`;
  const publish = async (body: string) => {
    const packed = await offloader.pack({ body, attributes: new Map(), key });
    await client.publishAsync(key, packed.body as string, { qos: 1, retain: true });
  };
  const retained = async () => ({ body: await nextOf(await subscribed(key)), attributes: new Map() });
  const [first, second] = [bigJson(200_000, "first"), bigJson(200_000, "second")];
  await publish(first);
  const old = await retained();
  expect(String((await offloader.unpack(old)).body)).toBe(first);
  await publish(second);
  expect(await pathsIn(store)).toHaveLength(2);
  await offloader.settle(old);
  expect(await pathsIn(store)).toHaveLength(1);
  expect(String((await offloader.unpack(await retained())).body)).toBe(second);
  await client.publishAsync(key, "", { retain: true });
});
