import type {
  ServiceBusMessage,
  ServiceBusReceivedMessage,
  ServiceBusReceiver,
  ServiceBusSender,
} from "@azure/service-bus";
import fc from "fast-check";
import rhea from "rhea";
import { gzip, MemoryStore, StorageManager, type Store } from "../../../src/index.js";
import { countedMessage } from "../../../src/adapters/servicebus/servicebus-message.js";
import { rules } from "../../../src/adapters/messages.js";
import { serviceBusOffload, type ServiceBusOptions } from "../../../src/adapters/servicebus.js";
import { FaultStore } from "../../../src/testing/index.js";
import { bigJson, pathsIn } from "../messages/messages.js";

// Service Bus can't be had for tests: stand-ins of the client's own types, which encode as it does, by rhea.
const big = JSON.parse(bigJson(300_000)) as { type: string; text: string };

/** A message as the client writes it. */
function encoded({
  body,
  applicationProperties,
  messageId,
  correlationId,
  sessionId,
  subject,
  partitionKey,
}: ServiceBusMessage) {
  const bytes = body instanceof Uint8Array ? Buffer.from(body) : Buffer.from(JSON.stringify(body));
  const properties = applicationProperties as Record<string, string> | undefined;
  return rhea.message.encode({
    body: rhea.message.data_section(bytes),
    ...(properties !== undefined && { application_properties: properties }),
    ...(messageId !== undefined && { message_id: messageId as string }),
    ...(correlationId !== undefined && { correlation_id: correlationId as string }),
    ...(sessionId !== undefined && { group_id: sessionId }),
    ...(subject !== undefined && { subject }),
    ...(partitionKey !== undefined && { message_annotations: { "x-opt-partition-key": partitionKey } }),
  });
}

/** A link that takes so many bytes, of a message or a batch. */
class StandIn {
  readonly sent: ServiceBusMessage[][] = [];
  /** What the next requests fail with. */
  readonly failures: Error[] = [];

  constructor(private readonly most = 262_144) {}

  createMessageBatch() {
    const messages: ServiceBusMessage[] = [];
    const most = this.most;
    return Promise.resolve({
      messages,
      maxSizeInBytes: most,
      get count() {
        return messages.length;
      },
      tryAddMessage: (message: ServiceBusMessage) => {
        const size = [...messages, message].reduce((sum, one) => sum + encoded(one).length + 8, 500);
        return size <= most && messages.push(message) > 0;
      },
    });
  }

  sendMessages(sent: ServiceBusMessage | { messages: ServiceBusMessage[] }): Promise<void> {
    const failure = this.failures.shift();
    if (failure !== undefined) return Promise.reject(failure);
    this.sent.push("messages" in sent ? sent.messages : [sent]);
    return Promise.resolve();
  }
}

function setUp(options: Partial<ServiceBusOptions> = {}, store: Store = new MemoryStore()) {
  const manager = new StorageManager({ store });
  const offload = serviceBusOffload({ manager, channel: "orders", retention: "settle", ...options });
  return { manager, store, offload };
}

/** As the client decodes what arrives. */
function received({ body }: ServiceBusMessage): ServiceBusReceivedMessage {
  const bytes = body instanceof Uint8Array ? Buffer.from(body) : Buffer.from(JSON.stringify(body));
  try {
    return { body: JSON.parse(bytes.toString()) as unknown } as ServiceBusReceivedMessage;
  } catch {
    return { body: bytes } as unknown as ServiceBusReceivedMessage;
  }
}

function receiving(log: string[]): ServiceBusReceiver {
  const note = (name: string) => (_message: unknown, options?: { deadLetterReason: string }) => {
    log.push(options === undefined ? name : `${name} ${options.deadLetterReason}`);
    return Promise.resolve();
  };
  const verbs = ["completeMessage", "abandonMessage", "deadLetterMessage"];
  return Object.fromEntries(verbs.map((verb) => [verb, note(verb)])) as unknown as ServiceBusReceiver;
}

describe("pack", () => {
  it("gives back what fits, and packs what does not, with everything else", async () => {
    const { offload } = setUp();
    for (const body of [{ a: 1 }, "text", 7, null, Buffer.from([0, 255]), undefined]) {
      const message = { body: body as unknown };
      expect(await offload.pack(message)).toBe(message);
      if (body !== undefined) expect(await offload.open(received(message))).toEqual(body);
    }
    const message = { body: big, messageId: "m", sessionId: "s", applicationProperties: { tenant: "t" } };
    const packed = await offload.pack(message);
    expect(packed).toEqual({
      ...message,
      body: packed.body as unknown,
      applicationProperties: { tenant: "t", coatcheck: JSON.stringify(big).length },
    });
    expect(encoded(packed).length).toBeLessThan(4096);
  });

  it.each([
    ["an object", big],
    ["a text", "text ".repeat(60_000)],
    ["a text with a lone surrogate", `\ud800${"x".repeat(300_000)}`],
    ["bytes", Buffer.alloc(300_000, 255)],
    ["an array", [big]],
    ["what looks packed", { $storageEnvelope: { v: 1, form: "json", size: 2 } }],
  ])("gives back %s, also compressed", async (_name, body) => {
    for (const { offload } of [setUp(), setUp({ compress: gzip() }), setUp({ tier: "premium", over: 1000 })]) {
      const packed = await offload.pack({ body: body as unknown });
      expect(encoded(packed).length).toBeLessThan(262_144);
      expect(await offload.open(received(packed))).toEqual(body);
    }
  });

  it("counts no less than the client writes", () => {
    const text = fc.string({ unit: "grapheme", maxLength: 300 });
    const id = fc.option(text, { nil: undefined });
    const properties = fc.dictionary(
      text,
      fc.oneof(text, fc.boolean(), fc.constant(null), fc.date({ noInvalidDate: true })),
    );
    const fields = fc.record({ messageId: id, correlationId: id, sessionId: id, subject: id, partitionKey: id });
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), properties, fields, (body, applicationProperties, others) => {
        const message = { ...others, body, applicationProperties } as ServiceBusMessage;
        const counted = rules.servicebus.size(countedMessage(message, body));
        expect(counted).toBeGreaterThanOrEqual(encoded(message).length);
      }),
    );
  });
});

describe("send", () => {
  it("packs by the limit of the link, and fills batches in order", async () => {
    const { offload, store } = setUp();
    const sender = new StandIn(100_000);
    const small = Array.from({ length: 5 }, (_, i) => ({ body: `${i}`.repeat(30_000) }));
    const messages = [...small, { body: "x".repeat(200_000) }];
    await offload.send(sender as unknown as ServiceBusSender, messages);
    expect(sender.sent.map(({ length }) => length)).toEqual([3, 3]);
    expect(await pathsIn(store)).toHaveLength(1);
    await offload.send(sender as unknown as ServiceBusSender, { body: 7 });
    expect(sender.sent[2]).toEqual([{ body: 7 }]);
  });

  it("lets the client say what is wrong with a message that no batch takes", async () => {
    const { offload } = setUp();
    const sender = new StandIn(100_000);
    const batch = await sender.createMessageBatch();
    sender.createMessageBatch = () => Promise.resolve({ ...batch, count: 1, tryAddMessage: () => false });
    await offload.send(sender as unknown as ServiceBusSender, { body: 7 });
    expect(sender.sent).toEqual([[], [{ body: 7 }], []]);
  });
});

describe("a send that fails", () => {
  const bodies = Array.from({ length: 3 }, (_, i) => ({ body: `${i}`.repeat(200_000), subject: "s".repeat(60_000) }));

  /** Sends three large messages, one in a batch, of which the second fails. */
  async function objectsAfter(error: Error, at = 1): Promise<number> {
    const { offload, store } = setUp();
    const sender = new StandIn(100_000);
    const send = sender.sendMessages.bind(sender);
    let calls = 0;
    sender.sendMessages = (messages) => {
      if (calls++ === at) sender.failures.push(error);
      return send(messages);
    };
    await expect(offload.send(sender as unknown as ServiceBusSender, bodies)).rejects.toBe(error);
    expect(sender.sent).toHaveLength(at);
    return (await pathsIn(store)).length;
  }

  it("leaves nothing of what surely did not arrive, and all of what may have", async () => {
    const failure = (code: string) => Object.assign(new Error(code), { name: "ServiceBusError", code });
    // The first was sent, the second may have arrived; no request was made for the third.
    for (const code of ["ServiceTimeout", "ServiceBusy", "GeneralError", "QuotaExceeded", "UnauthorizedAccess"]) {
      expect([code, await objectsAfter(failure(code))]).toEqual([code, 2]);
    }
    expect(await objectsAfter(Object.assign(new Error("aborted"), { name: "AbortError" }))).toBe(2);
    expect(await objectsAfter(failure("MessageSizeExceeded"))).toBe(1);
    expect(await objectsAfter(new TypeError("no message"))).toBe(1);
    expect(await objectsAfter(failure("MessageSizeExceeded"), 0)).toBe(0);
  });

  it("leaves nothing when a message can't be packed, or the link is gone", async () => {
    const { offload, store } = setUp();
    const sender = new StandIn(100_000);
    const tooMany = { body: "x", applicationProperties: { long: "x".repeat(200_000) } };
    const sent = offload.send(sender as unknown as ServiceBusSender, [...bodies, tooMany]);
    await expect(sent).rejects.toMatchObject({ code: "LIMIT_EXCEEDED" });
    expect([sender.sent, await pathsIn(store)]).toEqual([[], []]);
    const create = sender.createMessageBatch.bind(sender);
    let links = 0;
    sender.createMessageBatch = () => (links++ === 1 ? Promise.reject(new Error("detached")) : create());
    await expect(offload.send(sender as unknown as ServiceBusSender, bodies)).rejects.toThrow("detached");
    expect([sender.sent.length, (await pathsIn(store)).length]).toEqual([1, 1]);
  });

  it("tells of the send, and not of a store that can't delete", async () => {
    const store = new FaultStore(new MemoryStore(), { faults: [{ on: ["delete"], fault: { error: "UNAVAILABLE" } }] });
    const { offload } = setUp({}, store);
    const sender = new StandIn(100_000);
    const refused = Object.assign(new Error("too big"), { code: "MessageSizeExceeded" });
    sender.failures.push(refused);
    await expect(offload.send(sender as unknown as ServiceBusSender, bodies)).rejects.toBe(refused);
  });
});

describe("process", () => {
  it("hands over whole bodies, and settles what was completed", async () => {
    const { offload, store } = setUp();
    const log: string[] = [];
    const bodies: unknown[] = [];
    const work = offload.process(receiving(log), (body) => Promise.resolve(void bodies.push(body)));
    for (const body of [big, Buffer.alloc(300_000), { a: 1 }]) await work(received(await offload.pack({ body })));
    expect(bodies).toEqual([big, Buffer.alloc(300_000), { a: 1 }]);
    expect([log, await pathsIn(store)]).toEqual([Array.from({ length: 3 }, () => "completeMessage"), []]);
  });

  it("dead-letters what can't be opened, and abandons what failed", async () => {
    const inner = new MemoryStore();
    const { offload, manager } = setUp({}, inner);
    const message = received(await offload.pack({ body: big }));
    const log: string[] = [];
    const failures: unknown[] = [];
    const how = { onFailure: (error: unknown) => failures.push(error) };
    const fails = () => Promise.reject(new Error("handler"));
    const busy = new FaultStore(inner, { faults: [{ on: ["read"], fault: { error: "UNAVAILABLE" } }] });
    await setUp({}, busy).offload.process(receiving(log), fails, how)(message);
    await offload.process(receiving(log), fails, how)(message);
    await manager.release("orders");
    await offload.process(receiving(log), fails, how)(message);
    await setUp({ missing: "ack" }, inner).offload.process(receiving(log), fails)(message);
    expect(log).toEqual(["abandonMessage", "abandonMessage", "deadLetterMessage NOT_FOUND", "completeMessage"]);
    expect(failures).toEqual([
      expect.objectContaining({ code: "UNAVAILABLE" }),
      new Error("handler"),
      expect.objectContaining({ code: "NOT_FOUND" }),
    ]);
  });
});
