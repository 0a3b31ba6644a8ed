import type { Consumer, EachBatchPayload, EachMessagePayload, KafkaMessage, Producer } from "kafkajs";
import { gzip, MemoryStore, StorageManager } from "../../../src/index.js";
import { kafkaOffload, type KafkaOptions } from "../../../src/adapters/kafka.js";
import { MessageError, rules } from "../../../src/adapters/messages.js";
import { FakeClock, FaultStore } from "../../../src/testing/index.js";
import { HeldStore } from "../../support/held-store.js";
import { thrownBy } from "../../support/failure.js";
import { turn } from "../../support/turn.js";
import { bigJson, pathsIn } from "../messages/messages.js";

const DAY = 86_400_000;
const big = bigJson(1_200_000);

function setUp(options: Partial<KafkaOptions> = {}, store = new MemoryStore()) {
  const manager = new StorageManager({ store });
  return { manager, store, offload: kafkaOffload({ manager, ttl: 8 * DAY, ...options }) };
}

/** A message as kafkajs hands it over. */
function received(value: Uint8Array | string | null, headers: object = {}, offset = "0"): KafkaMessage {
  const bytes = value === null ? null : Buffer.from(value as string);
  return { key: Buffer.from("k"), value: bytes, headers, offset, timestamp: "0", attributes: 0 } as KafkaMessage;
}

function payloadOf(message: KafkaMessage): EachMessagePayload {
  return { topic: "orders", partition: 0, message, heartbeat: () => Promise.resolve(), pause: () => () => undefined };
}

/** A batch as kafkajs hands it over: an instance of a class. */
class Batch {
  readonly topic = "orders";
  readonly partition = 0;
  constructor(readonly messages: KafkaMessage[]) {}
  isEmpty(): boolean {
    return this.messages.length === 0;
  }
}

function batchOf(messages: KafkaMessage[], more: Partial<EachBatchPayload> = {}): EachBatchPayload {
  const known = { isRunning: () => true, isStale: () => false, heartbeat: () => Promise.resolve() };
  return { batch: new Batch(messages), ...known, ...more } as unknown as EachBatchPayload;
}

describe("kafkaOffload", () => {
  it("changes the value alone: keys, headers, partitions, tombstones and what fits stay", async () => {
    const { offload, store } = setUp();
    const message = { key: "7", value: big, partition: 3, headers: { many: ["a", "b"], own: Buffer.from([1]) } };
    const tombstone = { key: "7", value: null };
    const small = { key: "7", value: "small" };
    const { messages, ...rest } = await offload.record({
      topic: "orders/eu",
      messages: [message, tombstone, small],
      acks: -1,
    });
    expect([rest, messages[1], messages[2]]).toEqual([{ topic: "orders/eu", acks: -1 }, tombstone, small]);
    const packed = messages[0] as typeof message;
    expect(packed).toMatchObject({
      key: "7",
      partition: 3,
      headers: { ...message.headers, coatcheck: String(big.length) },
    });
    expect(await pathsIn(store)).toEqual([expect.stringMatching(/^outputs\/kafka\/orders%2Feu\/@/)]);
    const opened = await offload.open(received(packed.value, packed.headers));
    expect([opened.value!.toString() === big, opened.headers]).toEqual([true, message.headers]);
    const plain = received("small");
    expect([await offload.open(plain), (await offload.open(received(null))).value]).toEqual([plain, null]);
  });

  it("gives bytes back as they were, such as those of a schema registry, compressed without base64", async () => {
    const { offload, store } = setUp({ compress: gzip() });
    const value = Buffer.concat([Buffer.from([0, 0, 0, 0, 7]), Buffer.alloc(2_000_000, "avro")]);
    const packed = await offload.pack("orders", { value });
    expect(await pathsIn(store)).toEqual([]);
    expect(packed.value.byteLength).toBeLessThan(10_000);
    expect((await offload.open(received(packed.value))).value!.equals(value)).toBe(true);
  });

  it("stays below the limit with several values of a header", async () => {
    const { offload } = setUp({ maxMessageBytes: 2048 });
    const headers = { many: Array.from({ length: 20 }, (_, i) => `value ${i}`) };
    const value = Buffer.from(bigJson(1700));
    const packed = await offload.pack("orders", { value, headers });
    expect(packed.value.byteLength).toBeLessThan(1700);
    expect((await offload.pack("orders", { value })).value).toBe(value);
  });

  it("takes the producers and consumers of kafkajs", () => {
    const { offload } = setUp();
    // Checked by the compiler.
    const use = async (producer: Producer, consumer: Consumer) => {
      await producer.send(await offload.record({ topic: "orders", messages: [{ key: "7", value: big }] }));
      await consumer.run({
        eachMessage: offload.eachMessage(({ message }) => {
          expect(message.value).toBeNull();
          return Promise.resolve();
        }),
      });
      await consumer.run({
        eachBatch: offload.eachBatch(({ batch }) => {
          expect(batch.messages[0]!.offset).toBe("0");
          return Promise.resolve();
        }),
      });
    };
    expect(use).toBeInstanceOf(Function);
  });

  it("refuses a retention that deletes, and a ttl on compacted topics", async () => {
    const manager = new StorageManager({ store: new MemoryStore() });
    const problem = (options: object) => thrownBy(() => kafkaOffload({ manager, ttl: 8 * DAY, ...options })).message;
    expect(problem({ retention: "settle" })).toMatch(/retention.*Kafka/);
    expect(problem({ compacted: true })).toMatch(/ttl: must be "never"/);
    expect(problem({ maxMessageBytes: 5 })).toMatch(/kafkaOffload.*maxMessageBytes/);
    const { offload, store } = setUp({ compacted: true, ttl: "never" });
    await offload.pack("orders", { key: "7", value: big });
    expect(await pathsIn(store)).toEqual([expect.stringMatching(/^outputs\/kafka\/orders\/7\/[0-9a-f]{64}/)]);
    expect(rules.kafka.replays).toBe(true);
  });
});

describe("eachMessage", () => {
  it("hands over whole messages, with heartbeats while they are read", async () => {
    const store = new HeldStore(["read"]);
    const { offload } = setUp({}, store as unknown as MemoryStore);
    const { value } = await offload.pack("orders", { value: big });
    const clock = new FakeClock();
    const seen: (Buffer | null)[] = [];
    let beats = 0;
    const handle = offload.eachMessage(
      async ({ message }: EachMessagePayload) => {
        seen.push(message.value);
        await turn();
      },
      { clock },
    );
    const handling = handle({
      ...payloadOf(received(value)),
      heartbeat: async () => {
        beats += 1;
        await turn();
      },
    });
    await store.until(1);
    await clock.advance(6500);
    store.held[0]!.release();
    await handling;
    expect([seen[0]!.toString() === big, beats, clock.pending]).toEqual([true, 2, 0]);
  });

  it("throws what is to be tried again, and gives poison to its handler", async () => {
    const inner = new MemoryStore();
    const { offload, manager } = setUp({}, inner);
    const { value } = await offload.pack("orders", { value: big });
    const message = received(value);
    const poison: unknown[] = [];
    const handler = () => Promise.reject(new Error("never called"));
    const onPoison = (_: EachMessagePayload, error: MessageError, packed: unknown) => {
      poison.push([error.code, packed]);
      return Promise.resolve();
    };
    const busy = new FaultStore(inner, { faults: [{ on: ["read"], fault: { error: "UNAVAILABLE" } }] });
    const retried = setUp({}, busy as unknown as MemoryStore).offload.eachMessage(handler, { onPoison });
    await expect(retried(payloadOf(message))).rejects.toMatchObject({ code: "UNAVAILABLE", disposition: "retry" });
    await manager.release("kafka");
    await expect(offload.eachMessage(handler)(payloadOf(message))).rejects.toMatchObject({ code: "NOT_FOUND" });
    await offload.eachMessage(handler, { onPoison })(payloadOf(message));
    expect(poison).toEqual([["NOT_FOUND", message]]);
    await setUp({ missing: "ack" }, inner).offload.eachMessage(handler)(payloadOf(message));
  });
});

describe("eachBatch", () => {
  it("hands over all that can be opened, in order, with the methods of the batch", async () => {
    const { offload, manager } = setUp();
    const values = [big, "small", `${big} `];
    const messages = await Promise.all(
      values.map(async (value, i) => received((await offload.pack("orders", { value })).value, {}, String(i))),
    );
    const gone = await offload.pack("gone", { value: big });
    await manager.release("kafka/gone");
    const poison = received(gone.value, {}, "3");
    const seen: unknown[] = [];
    const handler = ({ batch }: EachBatchPayload) => {
      seen.push(
        batch.isEmpty(),
        batch.messages.map(({ offset }) => offset),
        batch.messages.map(({ value }) => value!.toString()),
      );
      return Promise.resolve();
    };
    const poisoned: string[] = [];
    const onPoison = (_: EachBatchPayload, __: MessageError, message: unknown) => {
      poisoned.push((message as KafkaMessage).offset);
      return Promise.resolve();
    };
    await offload.eachBatch(handler, { onPoison })(batchOf([...messages, poison]));
    expect([seen, poisoned]).toEqual([[false, ["0", "1", "2"], values], ["3"]]);
    await expect(offload.eachBatch(handler)(batchOf([poison]))).rejects.toBeInstanceOf(MessageError);
  });

  it("stops when the partition was lost meanwhile", async () => {
    const { offload, store } = setUp();
    const { value } = await offload.pack("orders", { value: big });
    await store.delete((await pathsIn(store))[0]!);
    const handler = jest.fn(() => Promise.resolve());
    await offload.eachBatch(handler)(batchOf([received(value)], { isStale: () => true }));
    await offload.eachBatch(handler)(batchOf([received(value)], { isRunning: () => false }));
    expect(handler).not.toHaveBeenCalled();
  });
});
