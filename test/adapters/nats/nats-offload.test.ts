import type { JetStreamClient, JsMsg } from "@nats-io/jetstream";
import { headers } from "@nats-io/transport-node";
import fc from "fast-check";
import type { JetStreamClient as OldClient, JsMsg as OldMessage } from "nats";
import { gzip, MemoryStore, StorageManager, type Store } from "../../../src/index.js";
import { natsOffload, type NatsMessage, type NatsOptions } from "../../../src/adapters/nats.js";
import { countedMessage } from "../../../src/adapters/nats/nats-message.js";
import { rules } from "../../../src/adapters/messages.js";
import { FakeClock, FaultStore } from "../../../src/testing/index.js";
import { turn } from "../../support/turn.js";
import { bigJson, pathsIn } from "../messages/messages.js";

// Stand-ins, for what a server could not be made to do. NATS itself is in test/services/nats.test.ts.
const big = bigJson(100_000);

function setUp(options: Partial<NatsOptions> = {}, store: Store = new MemoryStore()) {
  const manager = new StorageManager({ store });
  const offload = natsOffload({ manager, channel: "orders", retention: "settle", maxPayload: 4096, ...options });
  return { manager, store, offload };
}

/** A client that gives one answer. */
class StandIn {
  readonly sent: { payload: Uint8Array | string; options: object | undefined }[] = [];
  answer: Error | { duplicate: boolean } = { duplicate: false };

  publish(_subject: string, payload: Uint8Array | string = "", options?: object): Promise<{ duplicate: boolean }> {
    this.sent.push({ payload, options });
    return this.answer instanceof Error ? Promise.reject(this.answer) : Promise.resolve(this.answer);
  }
}

/** A message that notes what is done with it. */
function received(payload: Uint8Array | string, log: string[], acked = true): NatsMessage {
  return {
    data: Buffer.from(payload as string),
    working: () => log.push("working"),
    nak: (millis) => log.push(`nak ${millis}`),
    term: (reason) => log.push(`term ${reason}`),
    ackAck: () => (log.push("ack"), Promise.resolve(acked)),
  };
}

async function* stream(...messages: NatsMessage[]): AsyncGenerator<NatsMessage> {
  await turn();
  yield* messages;
}

describe("publish", () => {
  it("sends what fits as it is, and packs what does not, with the user's options", async () => {
    const { offload } = setUp();
    const client = new StandIn();
    const options = { msgID: "m", headers: headers() };
    await offload.publish(client, "orders.eu", "small", options);
    expect(client.sent[0]!.payload).toBe("small");
    expect(client.sent[0]!.options).toBe(options);
    await offload.publish(client, "orders.eu", big);
    const { payload } = client.sent[1]!;
    expect(payload.length).toBeLessThan(4096);
    const data = Buffer.from(payload as Uint8Array);
    expect(Buffer.from(await offload.open({ data })).toString()).toBe(big);
    expect(await offload.open({ data: big.slice(0, 9) as unknown as Uint8Array })).toBe(big.slice(0, 9));
  });

  it("sends what fits when compressed in the message, as bytes", async () => {
    const { offload, store } = setUp({ compress: gzip() });
    const text = "again ".repeat(2000);
    const data = (await offload.pack(text)) as Buffer;
    expect([data.length < 1000, await pathsIn(store)]).toEqual([true, []]);
    expect(Buffer.from(await offload.open({ data })).toString()).toBe(text);
  });

  it("keeps nothing of what the stream refuses or has already, and keeps what may have arrived", async () => {
    const { offload, store } = setUp();
    const client = new StandIn();
    const refusals = [
      Object.assign(new Error("refused"), { apiError: 1 }),
      Object.assign(new Error("old"), { api_error: 1 }),
    ];
    for (const refusal of refusals) {
      client.answer = refusal;
      await expect(offload.publish(client, "s", big)).rejects.toBe(refusal);
    }
    client.answer = { duplicate: true };
    await offload.publish(client, "s", big, { msgID: "m" });
    expect(await pathsIn(store)).toEqual([]);
    await offload.publish(client, "s", big, { msgID: "m", retries: 2 });
    client.answer = new Error("timeout");
    await expect(offload.publish(client, "s", big)).rejects.toThrow("timeout");
    expect(await pathsIn(store)).toHaveLength(2);
  });

  it("counts no less than the client writes, and no more where it has headers of its own alone", () => {
    const text = fc.string({ unit: "grapheme-ascii", maxLength: 20 }).map((value) => value.trim());
    const many = fc.dictionary(fc.stringMatching(/^[a-z]{1,9}$/), fc.array(text, { minLength: 1, maxLength: 3 }));
    fc.assert(
      fc.property(many, fc.option(fc.stringMatching(/^[a-z]{1,50}$/), { nil: undefined }), (given, msgID) => {
        const own = headers();
        for (const [name, values] of Object.entries(given)) for (const value of values) own.append(name, value);
        const counted = rules.nats.size(
          countedMessage("body", { headers: own, ...(msgID !== undefined && { msgID }) }),
        );
        if (msgID !== undefined) own.set("Nats-Msg-Id", msgID);
        const written = 4 + (own as unknown as { encode(): Uint8Array }).encode().length;
        if (msgID === undefined) expect(counted).toBe(written);
        else expect(counted).toBeGreaterThanOrEqual(written);
      }),
    );
    const options = {
      expect: { lastSubjectSequenceSubject: "s", lastSequence: 7 },
      ttl: "1h",
      schedule: { at: new Date(0) },
    };
    expect(rules.nats.size(countedMessage("", options))).toBeGreaterThan(200);
  });

  it("has no hint, and takes the clients' own types", () => {
    expect(() => setUp({ hint: "size" } as never)).toThrow("hint");
    const { offload } = setUp();
    // Checked by the compiler.
    const use = (js: JetStreamClient, old: OldClient, all: AsyncIterable<JsMsg>, olds: AsyncIterable<OldMessage>) => [
      offload.publish(js, "s", big, { msgID: "m", expect: { lastSequence: 1 } }),
      offload.publish(old, "s", big, { msgID: "m" }),
      offload.consume(all, async (_data, message) => {
        await turn();
        message.ack();
      }),
      offload.consume(olds, async (_data, message) => {
        await turn();
        message.ack();
      }),
    ];
    expect(use).toBeInstanceOf(Function);
  });
});

describe("consume", () => {
  it("hands over whole data, and settles what was acknowledged, when the server says so", async () => {
    const { offload, store } = setUp();
    const log: string[] = [];
    const [one, other] = [await offload.pack(big), await offload.pack(bigJson(50_000))];
    const messages = stream(received(one, log), received(other, log, false), received("small", log));
    const seen: string[] = [];
    await offload.consume(messages, (data) => Promise.resolve(void seen.push(Buffer.from(data).toString())));
    expect([seen[0], seen[2], log]).toEqual([big, "small", ["ack", "ack", "ack"]]);
    expect(await pathsIn(store)).toHaveLength(1);
  });

  it("terminates what can't be opened, and lets the rest come again", async () => {
    const inner = new MemoryStore();
    const { offload, manager } = setUp({}, inner);
    const packed = await offload.pack(big);
    const log: string[] = [];
    const failures: unknown[] = [];
    const how = { onFailure: (error: unknown) => failures.push(error), retryAfter: 7 };
    const busy = new FaultStore(inner, { faults: [{ on: ["read"], fault: { error: "THROTTLED" } }] });
    const handler = () => Promise.resolve();
    await setUp({}, busy).offload.consume(stream(received(packed, log)), handler, how);
    const fails = () => Promise.reject(new Error("handler"));
    await offload.consume(stream(received(packed, log)), fails, how);
    await manager.release("orders");
    await offload.consume(stream(received(packed, log)), handler, how);
    await setUp({ missing: "ack" }, inner).offload.consume(stream(received(packed, log)), fails, how);
    expect(log).toEqual(["nak 7", "nak 7", "term NOT_FOUND", "ack"]);
    expect(failures).toEqual([
      expect.objectContaining({ code: "THROTTLED" }),
      expect.objectContaining({ message: "handler" }),
      expect.objectContaining({ code: "NOT_FOUND" }),
    ]);
  });

  it("says that it works on a message, and tells of an acknowledgement that has no answer", async () => {
    const { offload } = setUp();
    const clock = new FakeClock();
    const log: string[] = [];
    const failures: unknown[] = [];
    let end = (): void => undefined;
    const message = received("small", log);
    message.ackAck = () => Promise.reject(new Error("timeout"));
    const handler = () => new Promise<void>((resolve) => (end = resolve));
    const how = { clock, working: 100, onFailure: (error: unknown) => failures.push(error) };
    const all = offload.consume(stream(message), handler, how);
    for (let i = 0; i < 20; i++) await turn();
    await clock.advance(250);
    end();
    await all;
    expect([log, failures]).toEqual([["working", "working"], [new Error("timeout")]]);
  });
});
