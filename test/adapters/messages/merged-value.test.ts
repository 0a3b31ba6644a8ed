import { openMerged, packMerged } from "../../../src/adapters/messages/merged-value.js";
import { gzip, MemoryStore, packValue, StorageManager } from "../../../src/index.js";
import { eventBridgeOffload } from "../../../src/adapters/eventbridge.js";
import { failureOf } from "../../support/failure.js";
import { longText, throughJson } from "../../support/payloads.js";
import { RecordingStore } from "../../support/recording-store.js";
import { signingOptions } from "../../support/signing.js";

type Fields = Record<string, unknown>;

const newManager = (options: object = {}): StorageManager =>
  new StorageManager({ store: new MemoryStore(), ...options });
const pack = async (manager: StorageManager, value: unknown, options = {}): Promise<Fields> =>
  throughJson(await packValue(manager, value, { over: 0, ...options })) as Fields;
const opened = async (manager: StorageManager, value: unknown): Promise<unknown> =>
  (await openMerged(manager, value)).value;

/** An instance of a class, of which JSON has the fields. */
const instanceOf = (fields: Fields): object => Object.assign(Object.create({ own: true }) as object, fields);

const order = { id: 1, text: longText("order"), $storageOdd: "data" };
const answer = { ok: true, text: longText("answer") };

describe("a value that an engine has merged", () => {
  it("is given back itself, without I/O, when nothing in it was packed", async () => {
    const store = new RecordingStore();
    for (const value of [order, [order], 1, null, undefined, { $storageRef: 1 }, { a: { $$storageRef: "a" } }]) {
      expect(await opened(newManager({ store }), value)).toBe(value);
    }
    expect(store.calls).toEqual([]);
  });

  it("is opened as one: packed results in a packed input, beside added keys, in arrays", async () => {
    const store = new RecordingStore();
    const manager = newManager({ store });
    const packedOrder = await pack(manager, order);
    const packedAnswer = await pack(manager, answer);
    const before = store.paths("read").length;
    const merged = {
      ...packedOrder,
      id: 2, // what a state wrote over a key
      result: packedAnswer,
      branches: [packedAnswer, [await pack(manager, [order, 1])], { plain: true }],
      $$storageOdd: 1,
    };
    expect(await opened(manager, throughJson(merged))).toEqual({
      ...order,
      id: 2,
      result: answer,
      branches: [answer, [[order, 1]], { plain: true }],
      $storageOdd: 1, // a key of the envelope: it is escaped there
    });
    expect(store.paths("read").length - before).toBe(3); // each object once
    expect(await opened(manager, { a: { b: [packedAnswer] }, $$storageOdd: 1, $storageRef: 2 })).toEqual({
      a: { b: [answer] },
      $$storageOdd: 1,
      $storageRef: 2,
    });
  });

  it("has parts of envelopes opened, and no data that looks like a reference", async () => {
    const manager = newManager();
    const { text } = await pack(manager, order);
    expect(await opened(manager, { picked: text, id: 1 })).toEqual({ picked: order.text, id: 1 });
    expect(await opened(manager, text)).toBe(order.text);
    const data = { spoilt: { ...(text as Fields), more: 1 }, other: { $bubuStorageRef: "outputs/a" } };
    expect(await opened(manager, { ...data, text })).toEqual({ ...data, text: order.text });
  });

  it("has references followed where they may be, and nowhere else", async () => {
    const store = new MemoryStore();
    const elsewhere = newManager({ store, outputPrefix: "secret", allow: ["secret"] });
    const { text } = await pack(elsewhere, order);
    expect((await failureOf(opened(newManager({ store }), { text }))).code).toBe("REFERENCE_DENIED");
    const unsigned = await pack(newManager({ store }), order);
    const signed = newManager({ store, signing: signingOptions() });
    expect((await failureOf(opened(signed, { text: unsigned["text"] }))).code).toBe("SIGNATURE_INVALID");
    const own = await pack(signed, order);
    expect(await opened(signed, { text: own["text"] })).toEqual({ text: order.text });
  });

  it("is merged with a whole object that left: what was put beside it holds", async () => {
    const manager = newManager();
    const large = Object.fromEntries(Array.from({ length: 500 }, (_, at) => [`k${at}`, "v".repeat(100)]));
    const packed = await pack(manager, { ...large, status: "new" }, { limit: 2048, keep: ["status"] });
    expect(Object.keys(packed)).toEqual(["$storageEnvelope", "status", "$storageBody"]);
    const merged = { ...packed, status: "paid", inner: { ...packed, result: { list: [packed] } } };
    const inner = { ...large, status: "new" };
    expect(await opened(manager, throughJson(merged))).toEqual({
      ...large,
      status: "paid",
      inner: { ...inner, result: { list: [inner] } },
    });
    const list = { ...(await pack(manager, [order])), added: 1 };
    expect(await failureOf(opened(manager, list))).toMatchObject({ code: "DECODE_FAILED" });
  });

  it("is not opened when an envelope in it is damaged, of later or a message", async () => {
    const manager = newManager();
    expect((await failureOf(opened(manager, { a: { $storageEnvelope: 1 } }))).code).toBe("DECODE_FAILED");
    expect((await failureOf(opened(manager, [{ $storageEnvelope: { v: 2 } }]))).code).toBe("UNSUPPORTED");
    const events = eventBridgeOffload({ manager, channel: "c", ttl: "never", compress: gzip(), over: 2000 });
    const { Detail } = await events.pack({ Source: "s", Detail: JSON.stringify({ text: "a".repeat(5000) }) });
    expect((await failureOf(opened(manager, { event: JSON.parse(Detail) as unknown }))).code).toBe("UNSUPPORTED");
  });

  it("is opened as a value where an event travelled as the text that it was", async () => {
    const manager = newManager();
    const event = { kind: "k", text: longText("event", 5000) };
    for (const keep of [undefined, ["kind"]]) {
      const events = eventBridgeOffload({ manager, channel: "c", ttl: "never", over: 2000, limit: 4096, keep });
      const { Detail } = await events.pack({ Source: "s", Detail: ` ${JSON.stringify(event, null, 2)}` });
      const detail = JSON.parse(Detail) as Fields;
      expect(detail).toMatchObject({ $storageEnvelope: { form: "text" }, ...(keep && { kind: "k" }) });
      expect(await opened(manager, { input: [detail] })).toEqual({ input: [event] });
      expect(await opened(manager, { ...detail, more: 1 })).toEqual({ ...event, more: 1 });
    }
  });

  it("is opened at any depth", async () => {
    const manager = newManager();
    let deep: unknown = await pack(manager, answer);
    for (let level = 0; level < 20_000; level++) deep = [deep];
    let found = await opened(manager, deep);
    while (Array.isArray(found)) found = found[0];
    expect(found).toEqual(answer);
  });
});

describe("what is handed on", () => {
  const packing = { limit: 200_000, over: 0, scope: "next" };

  it("stands as references where it is not read, costs no I/O, and comes out whole", async () => {
    const store = new RecordingStore();
    const manager = newManager({ store });
    const document = { $storageOdd: "data", text: longText("d", 3000) };
    const packed = await pack(manager, { order, document, total: 7 });
    const before = store.calls.length;
    const { value, handedOn } = await openMerged(manager, packed, { follows: false });
    expect(store.calls).toHaveLength(before);
    expect(value).toMatchObject({ total: 7, order: { id: 1 } });
    const result = { ...(value as Fields), total: 8, $storageOdd: "data", text: longText("new") };
    const next = throughJson(await packMerged(manager, result, packing, handedOn));
    expect(store.calls).toHaveLength(before + 1); // the new text
    expect(await opened(manager, next)).toEqual({ order, document, total: 8, $storageOdd: "data", text: result.text });
  });

  it("is read in the keys that are asked for", async () => {
    const manager = newManager();
    const packed = await pack(manager, { order, document: answer, list: [order] });
    const { value, handedOn } = await openMerged(manager, packed, { follows: new Set(["order", "list"]) });
    expect(value).toMatchObject({ order, list: [order], document: { ok: true } });
    expect((value as { document: Fields }).document["text"]).toHaveProperty("$storageRef");
    const next = await packMerged(manager, { ...(value as Fields), list: 1 }, packing, handedOn);
    expect(await opened(manager, throughJson(next))).toEqual({ order, document: answer, list: 1 });
  });

  it("is nothing that data in the payload says", async () => {
    const manager = newManager();
    const { text: secret } = await pack(manager, { text: longText("secret") });
    const packed = await pack(manager, { order: { ...answer, forged: secret }, document: order });
    const all = await openMerged(manager, packed);
    const escaped = await packMerged(manager, all.value, packing, all.handedOn);
    expect(await opened(manager, throughJson(escaped))).toMatchObject({ order: { forged: secret } });
    const some = await openMerged(manager, packed, { follows: new Set(["order"]) });
    const failure = await failureOf(packMerged(manager, some.value, packing, some.handedOn));
    expect(failure.code).toBe("REFERENCE_DENIED");
    // Small, it would go as it is, and be followed by whoever opens it.
    const small = throughJson(await packMerged(manager, { a: [secret] }, { limit: 200_000 }, new Set()));
    expect(await opened(manager, small)).toEqual({ a: [secret] });
    // JSON makes plain objects of them.
    const envelope = { $storageEnvelope: { v: 1, form: "json", size: 1 }, $storageBody: secret, note: 1 };
    for (const data of [
      { a: [instanceOf(secret as Fields)] },
      instanceOf(envelope),
      { a: { toJSON: () => envelope } },
    ]) {
      const next = throughJson(await packMerged(manager, data, { limit: 200_000 }, new Set()));
      expect(await opened(manager, next)).toEqual(throughJson(data));
    }
  });

  it("may be handed on by an instance of a class", async () => {
    const manager = newManager();
    const { value, handedOn } = await openMerged(manager, await pack(manager, order), { follows: false });
    const next = await packMerged(manager, instanceOf({ given: value }), { limit: 200_000 }, handedOn);
    expect(await opened(manager, throughJson(next))).toEqual({ given: order });
  });

  it("may be a part of what a reference leads to", async () => {
    const manager = newManager();
    const packed = await pack(manager, { list: Array.from({ length: 40 }, (_, at) => at * 1e10) }, { scope: "s" });
    const whole = await pack(
      manager,
      Array.from({ length: 400 }, (_, at) => at),
      { limit: 2048 },
    );
    expect(packed).toBeDefined();
    const { value, handedOn } = await openMerged(manager, whole, { follows: false });
    const part = { first: { ...(value as Fields), $storagePath: "[1]" } };
    const next = await packMerged(manager, part, packing, handedOn);
    expect(await opened(manager, throughJson(next))).toEqual({ first: 1 });
  });
});
