import { EventEmitter } from "node:events";
import { gzip, MemoryStore, StorageManager } from "../../../src/index.js";
import {
  amqpOffload,
  rabbitHandler,
  type AmqpMessage,
  type AmqpOptions,
  type RabbitMessage,
  type PublishOptions,
} from "../../../src/adapters/amqp.js";
import { FakeClock, FaultStore } from "../../../src/testing/index.js";
import { headerSize } from "../../../src/adapters/amqp/header-size.js";
import { turn } from "../../support/turn.js";
import { bigJson, pathsIn } from "../messages/messages.js";
import type { ConfirmChannel } from "amqplib";
import fc from "fast-check";
import { createRequire } from "node:module";
import { resolve } from "node:path";

// How amqplib writes what it sends, which it does not publish.
const { encodeProperties, BasicProperties } = createRequire(__filename)(
  resolve("node_modules/amqplib/lib/defs.js"),
) as {
  encodeProperties(id: number, channel: number, size: number, properties: object): Buffer;
  BasicProperties: number;
};

const big = Buffer.from(bigJson(100_000));

/** A channel that gives what was published to its consumer. The real ones are in the tests of services. */
class StandIn extends EventEmitter {
  readonly sent: { content: Buffer; options: PublishOptions | undefined }[] = [];
  readonly log: string[] = [];
  answer: Error | null = null;
  returns = false;
  closed = false;
  deliver: (message: AmqpMessage | null) => void = () => undefined;

  publish(
    _exchange: string,
    _key: string,
    content: Buffer,
    options?: PublishOptions,
    callback?: (error: unknown, ok: unknown) => void,
  ): boolean {
    this.sent.push({ content, options });
    if (this.returns) this.emit("return", { content: Buffer.from(content) });
    callback?.(this.answer, undefined);
    return true;
  }

  consume(_queue: string, onMessage: (message: AmqpMessage | null) => void): Promise<{ consumerTag: string }> {
    this.deliver = onMessage;
    return Promise.resolve({ consumerTag: "tag" });
  }

  ack(): void {
    if (this.closed) throw new Error("Channel closed");
    this.log.push("ack");
  }

  nack(_message: AmqpMessage, _all?: boolean, requeue?: boolean): void {
    this.log.push(requeue === true ? "requeue" : "dead-letter");
  }

  get received(): AmqpMessage {
    const { content, options } = this.sent.at(-1)!;
    return { content, fields: { redelivered: false }, properties: { headers: options?.headers } };
  }
}

function setUp(options: Partial<AmqpOptions> = {}, store = new MemoryStore()) {
  const manager = new StorageManager({ store });
  const offload = amqpOffload({ manager, channel: "orders", retention: "settle", over: 65_536, ...options });
  return { manager, store, offload, channel: new StandIn() };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await turn();
}

describe("publish", () => {
  it("sends what fits as it is, and packs what does not, with the user's options", async () => {
    const { offload, channel } = setUp();
    const options = { headers: { "x-delay": 5, nested: { a: [1] } }, mandatory: false, messageId: "m" };
    await offload.sendToQueue(channel, "orders", Buffer.from("small"), options);
    expect(channel.sent[0]).toEqual({ content: Buffer.from("small"), options });
    await offload.publish(channel, "exchange", "key", big, options);
    expect(channel.sent[1]!.options).toEqual({ ...options, headers: { ...options.headers, coatcheck: big.length } });
    const opened = await offload.open(channel.received);
    expect([opened.content.equals(big), opened.properties.headers]).toEqual([true, options.headers]);
  });

  it("rejects when the broker does not confirm, and keeps what may have arrived", async () => {
    const { offload, channel, store } = setUp();
    channel.answer = new Error("nacked");
    await expect(offload.sendToQueue(channel, "orders", big)).rejects.toThrow("nacked");
    expect(await pathsIn(store)).toHaveLength(1);
  });

  it("keeps nothing of what a closed channel does not take", async () => {
    const { offload, channel, store } = setUp();
    channel.publish = () => {
      throw new Error("Channel closed");
    };
    await expect(offload.publish(channel, "e", "k", big, { mandatory: true })).rejects.toThrow("Channel closed");
    expect([await pathsIn(store), channel.listenerCount("return")]).toEqual([[], 0]);
  });

  it("keeps nothing of a mandatory message that comes back", async () => {
    const { offload, channel, store } = setUp();
    channel.returns = true;
    await offload.publish(channel, "exchange", "nowhere", big, { mandatory: true });
    expect(await pathsIn(store)).toEqual([]);
    expect(channel.listenerCount("return")).toBe(0);
  });

  it("refuses headers that would end the connection, before any request", async () => {
    const { offload, channel, store } = setUp();
    const headers = { long: "x".repeat(66_000) };
    await expect(offload.sendToQueue(channel, "q", big, { headers })).rejects.toMatchObject({ code: "LIMIT_EXCEEDED" });
    expect([channel.sent, await pathsIn(store)]).toEqual([[], []]);
  });

  it("counts at least the bytes that amqplib writes of properties and headers", () => {
    // Of a table with the key "!", amqplib takes it for the type.
    const name = fc.string({ maxLength: 20 }).filter((key) => key !== "!");
    const value = fc.letrec((tie) => ({
      any: fc.oneof(
        fc.string({ unit: "grapheme" }),
        fc.double({ min: -(2 ** 40), max: 2 ** 40, noNaN: true }), // of larger fractions amqplib makes an error
        fc.integer(),
        fc.boolean(),
        fc.constant(null),
        tie("list"),
        tie("table"),
      ),
      list: fc.array(tie("any"), { maxLength: 3 }),
      table: fc.dictionary(name, tie("any"), { maxKeys: 3 }),
    })).table;
    fc.assert(
      fc.property(value, fc.string({ maxLength: 200 }), (headers, messageId) => {
        const properties = { headers, messageId, deliveryMode: 2, timestamp: 7 };
        const frame = encodeProperties(BasicProperties, 1, 10, properties);
        expect(headerSize(properties)).toBeGreaterThanOrEqual(frame.length - 8); // without the frame around it
      }),
    );
  });

  it("takes the channels of amqplib", () => {
    const { offload } = setUp();
    // Checked by the compiler.
    const use = (channel: ConfirmChannel) => [
      offload.sendToQueue(channel, "q", big, { persistent: true }),
      offload.consume(channel, "q", ({ content }) => {
        expect(content).toBeDefined();
        return Promise.resolve();
      }),
    ];
    expect(use).toBeInstanceOf(Function);
  });
});

describe("consume", () => {
  it("hands over whole messages, and settles after the acknowledgement", async () => {
    const { offload, channel, store } = setUp();
    const contents: Buffer[] = [];
    await offload.consume(channel, "orders", ({ content }: AmqpMessage) =>
      Promise.resolve(void contents.push(content)),
    );
    await offload.sendToQueue(channel, "orders", big);
    channel.deliver(channel.received);
    await until(() => channel.log.length > 0);
    while ((await pathsIn(store)).length > 0) await turn();
    expect([contents[0]!.equals(big), channel.log]).toEqual([true, ["ack"]]);
  });

  it("dead-letters what can't be opened, and puts back later what the store can't give now", async () => {
    const inner = new MemoryStore();
    const clock = new FakeClock();
    const failures: unknown[] = [];
    const { offload, channel, manager } = setUp({}, inner);
    const onFailure = (error: unknown) => failures.push(error);
    const handler = () => Promise.reject(new Error("never called"));
    await offload.sendToQueue(channel, "orders", big);
    const busy = new FaultStore(inner, { faults: [{ on: ["read"], fault: { error: "THROTTLED" } }] });
    const slow = setUp({}, busy as unknown as MemoryStore).offload;
    await slow.consume(channel, "orders", handler, { onFailure, clock });
    channel.deliver(channel.received);
    await until(() => failures.length === 1);
    expect(channel.log).toEqual([]);
    await clock.advance(5000);
    await until(() => channel.log.length === 1);
    await manager.release("orders");
    await offload.consume(channel, "orders", handler, { onFailure });
    channel.deliver(channel.received);
    await until(() => channel.log.length === 2);
    expect(channel.log).toEqual(["requeue", "dead-letter"]);
    expect(failures).toEqual([
      expect.objectContaining({ code: "THROTTLED" }),
      expect.objectContaining({ code: "NOT_FOUND" }),
    ]);
  });

  it("puts back once what the handler fails with, and dead-letters it the second time", async () => {
    const { offload, channel, store } = setUp();
    await offload.consume(channel, "orders", () => Promise.reject(new Error("handler")));
    await offload.sendToQueue(channel, "orders", big);
    channel.deliver(channel.received);
    channel.deliver({ ...channel.received, fields: { redelivered: true } });
    await until(() => channel.log.length === 2);
    expect([channel.log.sort(), (await pathsIn(store)).length]).toEqual([["dead-letter", "requeue"], 1]);
  });

  it("settles nothing on a channel that was closed, and tells of its end", async () => {
    const { offload, channel, store } = setUp();
    const failures: unknown[] = [];
    channel.closed = true;
    await offload.consume(channel, "orders", () => Promise.resolve(), { onFailure: (error) => failures.push(error) });
    await offload.sendToQueue(channel, "orders", big);
    channel.deliver(channel.received);
    await until(() => failures.length === 1);
    channel.deliver(null);
    expect([failures.length, (await pathsIn(store)).length]).toEqual([2, 1]);
  });
});

describe("rabbitHandler", () => {
  it("opens bytes, texts and values", async () => {
    const { offload } = setUp();
    const handler = rabbitHandler(offload, (message: RabbitMessage) => message);
    const { content, options } = await offload.pack(big, { headers: { own: 1 } });
    const whole = JSON.parse(big.toString()) as object;
    const bodies = [content, content.toString(), JSON.parse(content.toString()) as object];
    const opened = await Promise.all(bodies.map((body) => handler({ body, headers: options.headers })));
    expect(opened).toEqual([
      { body: big, headers: { own: 1 } },
      { body: big.toString(), headers: { own: 1 } },
      { body: whole, headers: { own: 1 } },
    ]);
    const others = [{ body: { a: 1 } }, { body: 7 }, { body: "small" }, {}];
    for (const other of others) expect(await handler(other)).toBe(other);
  });

  it("gives what was compressed in the form that its content type has", async () => {
    const { offload, store } = setUp({ compress: gzip(), over: 4096 });
    const text = JSON.stringify({ text: "again ".repeat(2000) });
    // As the client does.
    const forms: [string, (content: Buffer) => unknown][] = [
      ["text/plain", (content) => content.toString()],
      ["application/json", (content) => JSON.parse(content.toString()) as unknown],
      ["application/octet-stream", (content) => content],
    ];
    const handler = rabbitHandler(offload, ({ body }: RabbitMessage) => body);
    for (const [contentType, form] of forms) {
      const { content } = await offload.pack(Buffer.from(text), { contentType } as PublishOptions);
      expect(content.length).toBeLessThan(1000);
      expect(await handler({ body: form(content) })).toEqual(form(Buffer.from(text)));
    }
    const bytes = Buffer.alloc(10_000, 255);
    expect(await handler({ body: (await offload.pack(bytes)).content })).toEqual(bytes);
    expect(await pathsIn(store)).toEqual([]);
  });

  it("drops what can't be opened, puts back later what the store can't give now, and passes over what was processed", async () => {
    const inner = new MemoryStore();
    const { offload, manager } = setUp({}, inner);
    const { content } = await offload.pack(big);
    const busy = new FaultStore(inner, { faults: [{ on: ["read"], fault: { error: "UNAVAILABLE" } }] });
    const handler = () => "handled";
    const clock = new FakeClock();
    const failures: unknown[] = [];
    const how = { clock, retryAfter: 300, onFailure: (error: unknown) => failures.push(error) };
    const slow = rabbitHandler(setUp({}, busy as unknown as MemoryStore).offload, handler, how);
    let answer: unknown;
    const answered = slow({ body: content }).then((given) => (answer = given));
    await until(() => failures.length === 1);
    await clock.advance(299);
    expect(answer).toBeUndefined();
    await clock.advance(1);
    expect(await answered).toBe(1);
    await manager.release("orders");
    expect(await rabbitHandler(offload, handler, how)({ body: content })).toBe(2);
    expect(failures).toEqual([
      expect.objectContaining({ code: "UNAVAILABLE" }),
      expect.objectContaining({ code: "NOT_FOUND" }),
    ]);
    expect(await rabbitHandler(setUp({ missing: "ack" }, inner).offload, handler)({ body: content })).toBeUndefined();
  });
});
