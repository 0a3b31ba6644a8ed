import { resolve } from "node:path";
import { createRequire } from "node:module";
import type { Message, Subscription, Topic } from "@google-cloud/pubsub";
import fc from "fast-check";
import { MemoryStore, StorageManager, type Store } from "../../../src/index.js";
import { rules } from "../../../src/adapters/messages.js";
import { pubsubOffload, type PubsubOptions } from "../../../src/adapters/pubsub.js";
import { FaultStore } from "../../../src/testing/index.js";
import { turn } from "../../support/turn.js";
import { bigJson, pathsIn } from "../messages/messages.js";

// Pub/Sub can't be had for tests: messages are stand-ins of the client's own class. What is counted is what the client counts.
const { calculateMessageSize } = createRequire(__filename)(
  resolve("node_modules/@google-cloud/pubsub/build/src/publisher/pubsub-message.js"),
) as { calculateMessageSize(message: object): number };

const big = bigJson(100_000);

function setUp(options: Partial<PubsubOptions> = {}, store: Store = new MemoryStore()) {
  const manager = new StorageManager({ store });
  const offload = pubsubOffload({ manager, channel: "orders", retention: "settle", over: 65_536, ...options });
  return { manager, store, offload };
}

function received(data: unknown, log: string[], response: string | Error = "SUCCESS"): Message {
  const ackWithResponse = () => {
    log.push("ack");
    return response instanceof Error ? Promise.reject(response) : Promise.resolve(response);
  };
  return { data, attributes: {}, ackWithResponse, nack: () => log.push("nack") } as unknown as Message;
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await turn();
}

describe("pack", () => {
  it("gives back what fits, and packs what does not, with attributes and ordering key", async () => {
    const { offload, store } = setUp();
    for (const small of [
      { data: Buffer.from("small") },
      { json: { a: 1 } },
      { data: null },
      { attributes: { a: "1" } },
    ]) {
      expect(await offload.pack(small)).toBe(small);
    }
    const message = { json: JSON.parse(big) as unknown, attributes: { googclient_x: "1" }, orderingKey: "k" };
    const packed = await offload.pack(message);
    expect(packed).toEqual({
      data: expect.any(Buffer) as unknown,
      attributes: { googclient_x: "1", coatcheck: `${Buffer.byteLength(big)}` },
      orderingKey: "k",
    });
    const { data } = packed as unknown as { data: Buffer };
    expect((await offload.open({ data })).toString()).toBe(big);
    expect(await pathsIn(store)).toHaveLength(1);
  });

  it("counts what the client counts", () => {
    const text = fc.string({ unit: "grapheme", maxLength: 50 });
    fc.assert(
      fc.property(fc.uint8Array(), fc.dictionary(text, text), (data, attributes) => {
        const size = calculateMessageSize({ data: Buffer.from(data), attributes });
        expect(rules.pubsub.size({ body: data, attributes: new Map(Object.entries(attributes)) })).toBe(size);
      }),
    );
  });

  it("takes the client's own types", () => {
    const { offload } = setUp();
    // Checked by the compiler.
    const use = async (topic: Topic, subscription: Subscription) => {
      await topic.publishMessage(await offload.pack({ json: { a: 1 }, orderingKey: "k" }));
      subscription.on(
        "message",
        offload.onMessage(() => Promise.resolve()),
      );
    };
    expect(use).toBeInstanceOf(Function);
  });
});

describe("onMessage", () => {
  it("hands over whole data, and settles what was acknowledged", async () => {
    const { offload, store } = setUp();
    const log: string[] = [];
    const { data } = await offload.pack({ data: Buffer.from(big) });
    const seen: Buffer[] = [];
    const listener = offload.onMessage((message, whole) => {
      seen.push(whole, message.data);
      return Promise.resolve();
    });
    listener(received(data, log, "INVALID"));
    await until(() => log.length === 1);
    for (let i = 0; i < 20; i++) await turn();
    expect([seen[0]!.toString(), seen[1], (await pathsIn(store)).length]).toEqual([big, data, 1]);
    listener(received(data, log));
    while ((await pathsIn(store)).length > 0) await turn();
    expect(log).toEqual(["ack", "ack"]);
  });

  it("lets a message come again that failed, and tells of it", async () => {
    const inner = new MemoryStore();
    const { offload, manager } = setUp({}, inner);
    const { data } = await offload.pack({ data: Buffer.from(big) });
    const log: string[] = [];
    const failures: unknown[] = [];
    const how = { onFailure: (error: unknown) => failures.push(error) };
    const fails = () => Promise.reject(new Error("handler"));
    const busy = new FaultStore(inner, { faults: [{ on: ["read"], fault: { error: "THROTTLED" } }] });
    setUp({}, busy).offload.onMessage(fails, how)(received(data, log));
    await until(() => failures.length === 1);
    offload.onMessage(fails, how)(received(data, log));
    await until(() => failures.length === 2);
    offload.onMessage(() => Promise.resolve(), how)(received(data, log, new Error("lost")));
    await until(() => failures.length === 3);
    await manager.release("orders");
    offload.onMessage(fails, how)(received(data, log));
    await until(() => failures.length === 4);
    setUp({ missing: "ack" }, inner).offload.onMessage(fails)(received(data, log));
    await until(() => log.length === 5);
    expect(log).toEqual(["nack", "nack", "ack", "nack", "ack"]);
    expect(failures).toEqual([
      expect.objectContaining({ code: "THROTTLED" }),
      new Error("handler"),
      new Error("lost"),
      expect.objectContaining({ code: "NOT_FOUND" }),
    ]);
  });
});
