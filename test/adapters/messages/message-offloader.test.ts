import {
  aes256gcm,
  gzip,
  isStorageError,
  MemoryStore,
  StorageManager,
  type StorageManagerOptions,
} from "../../../src/index.js";
import { MessageError, MessageOffloader, rules, type MessageOffloaderOptions } from "../../../src/adapters/messages.js";
import { FaultStore } from "../../../src/testing/index.js";
import { failureOf, thrownBy } from "../../support/failure.js";
import { signingOptions } from "../../support/signing.js";
import { bigJson, message, offloading, pathsIn } from "./messages.js";

const DAY = 86_400_000;
const big = bigJson(300_000);
const LIMIT = 262_144;

describe("pack", () => {
  it("sends what fits byte for byte, unmarked, without a request", async () => {
    const store = new FaultStore(new MemoryStore(), { faults: [{ fault: { error: "UNAVAILABLE" } }] });
    const { offloader } = offloading({}, { store });
    const given = message('{ "a": 1.0 }', { name: "value" });
    const packed = await offloader.pack(given);
    expect([packed.body, packed.attributes, packed.offloaded]).toEqual([given.body, given.attributes, false]);
    expect(packed.size).toBe(rules.sqs.size(given));
    await packed.discard();
  });

  it("packs at one byte over the limit, and not at the limit", async () => {
    const { offloader } = offloading({ limit: LIMIT });
    const attributes = { schlüssel: "wert" };
    const overhead = rules.sqs.size(message("", attributes));
    const at = message("é".repeat(1000) + "a".repeat(LIMIT - overhead - 2000), attributes);
    expect(rules.sqs.size(at)).toBe(LIMIT);
    expect((await offloader.pack(at)).offloaded).toBe(false);
    const over = message(`${at.body as string}a`, attributes);
    const packed = await offloader.pack(over);
    expect([packed.offloaded, packed.size <= LIMIT]).toEqual([true, true]);
    expect((await offloader.unpack(packed)).body).toBe(over.body);
  });

  it("leaves small keys of JSON objects where filters look for them", async () => {
    const { offloader } = offloading({ limit: LIMIT });
    const { body } = await offloader.pack(message(big));
    expect(body).toMatch(
      /^\{"\$storageEnvelope":\{"v":1,"form":"json","size":\d+,.*?\},"type":"order","text":\{"\$storageRef":/,
    );
  });

  it("keeps keys of JSON as nobody prints it, and of what only looks packed", async () => {
    const value = { tenant: "t", text: JSON.parse(big) as unknown };
    const looking = `{"$storageEnvelope":{"v":1}, "tenant":"t"}`;
    for (const more of [{}, { compress: gzip() }]) {
      const { offloader } = offloading({ limit: 4096, keep: ["tenant"], ...more });
      for (const text of [JSON.stringify(value, null, 1), looking]) {
        for (const body of [text, Buffer.from(text)]) {
          const packed = await offloader.pack(message(body));
          expect((await offloader.unpack(packed)).body).toEqual(body);
          if (typeof packed.body === "string") expect(JSON.parse(packed.body)).toMatchObject({ tenant: "t" });
        }
      }
      expect((await offloader.unpack(await offloader.pack(message(`no JSON ${big}`)))).body).toBe(`no JSON ${big}`);
      const bytes = Buffer.concat([Buffer.of(255), Buffer.from(big)]);
      expect((await offloader.unpack(await offloader.pack(message(bytes)))).body).toEqual(bytes);
    }
  });

  it("keeps the keys that it is told to, also when everything else leaves as one", async () => {
    const { offloader } = offloading({ limit: 4096, keep: ["tenant", "type"] });
    const body = JSON.stringify({
      ...Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`key${i}`, "small value"])),
      tenant: 7,
    });
    const packed = await offloader.pack(message(body));
    expect(JSON.parse(packed.body as string)).toMatchObject({ tenant: 7, $storageBody: {} });
    expect((await offloader.unpack(packed)).body).toBe(body);
  });

  it("says before any request that attributes leave too little room", async () => {
    const { offloader, store } = offloading({ limit: 4096 });
    const failure = await failureOf(offloader.pack(message(big, { long: "x".repeat(3100) })));
    expect(failure).toMatchObject({ code: "LIMIT_EXCEEDED", message: expect.stringMatching(/3110 of the 4096/) });
    expect(await pathsIn(store)).toEqual([]);
  });

  it("hints at the size where there is room for an attribute, and takes the hint away again", async () => {
    const { offloader } = offloading({ limit: 4096 });
    const nine = Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`a${i}`, "v"]));
    const hinted = await offloader.pack(message(big, nine));
    expect(hinted.attributes.get("coatcheck")).toBe(big.length);
    expect([...(await offloader.unpack(hinted)).attributes.keys()]).toEqual(Object.keys(nine));
    const ten = { ...nine, tenth: "v" };
    expect((await offloader.pack(message(big, ten))).attributes.size).toBe(10);
    const own = await offloader.pack(message(big, { coatcheck: "own" }));
    expect((await offloader.unpack(own)).attributes.get("coatcheck")).toBe("own");
    const none = offloading({ limit: 4096, hint: false });
    expect((await none.offloader.pack(message(big))).attributes.size).toBe(0);
  });

  it("sends what fits when compressed without an object", async () => {
    const { offloader, store } = offloading({ limit: 4096, compress: gzip() });
    const body = JSON.stringify({ a: "many times ".repeat(5000) });
    const text = await offloader.pack(message(body));
    const bytes = await offloader.pack(message(Buffer.from(body)));
    expect(await pathsIn(store)).toEqual([]);
    expect([text.offloaded, typeof text.body, bytes.offloaded]).toEqual([false, "string", false]);
    expect(bytes.size).toBeLessThan(text.size * 0.8); // no base64 among bytes
    const reader = offloading().offloader;
    expect((await reader.unpack(text)).body).toBe(body);
    expect(Buffer.from((await reader.unpack(bytes)).body as Uint8Array).toString()).toBe(body);
  });

  it("puts equal bodies of a channel into one object when nobody deletes on reading", async () => {
    const { offloader, store } = offloading({ limit: 4096, retention: "expire", ttl: 30 * DAY });
    const packed = await Promise.all([offloader.pack(message(big)), offloader.pack(message(big))]);
    const paths = await pathsIn(store);
    expect(paths).toEqual([expect.stringMatching(/^outputs\/orders\/@\d{4}-\d\d-\d\d\/[0-9a-f]{64}\.\w+$/)]);
    await Promise.all(packed.map((each) => each.discard()));
    expect(await offloader.settle(packed[0])).toEqual({ deleted: 0 });
    expect(await pathsIn(store)).toEqual(paths);
  });

  it("discards what was stored for one message alone", async () => {
    const { offloader, store } = offloading({ limit: 4096 });
    const [one, other] = [await offloader.pack(message(big)), await offloader.pack(message(big))];
    expect(await pathsIn(store)).toHaveLength(2);
    await one.discard();
    await expect(offloader.unpack(one)).rejects.toMatchObject({ code: "NOT_FOUND", disposition: "reject" });
    expect((await offloader.unpack(other)).body).toBe(big);
  });

  it("encodes the channel as one part of the scope, whatever is in it", async () => {
    const { offloader, store, manager } = offloading({ limit: 4096, channel: "arn:aws:sns:eu/../x" });
    const packed = await offloader.pack(message(big), { scope: "tenant-1" });
    expect(packed.scope).toMatch(/^arn%3Aaws%3Asns%3Aeu%2F\.\.%2Fx\/tenant-1\/[0-9a-f-]{36}$/);
    expect(await manager.release("arn%3Aaws%3Asns%3Aeu%2F..%2Fx")).toEqual({ deleted: 1 });
    expect(await pathsIn(store)).toEqual([]);
  });

  it("gives each message a scope of its own in the dialect whose objects are named by their place", async () => {
    const { offloader } = offloading({ limit: 4096, retention: "expire", ttl: DAY }, { dialect: "bubustack" });
    const other = bigJson(300_000, "other");
    const packed = [await offloader.pack(message(big)), await offloader.pack(message(other))];
    const opened = await Promise.all(packed.map((each) => offloader.unpack(each)));
    expect(opened.map(({ body }) => body)).toEqual([big, other]);
  });
});

describe("unpack", () => {
  it("gives what was not packed as it is, also when references are in it", async () => {
    const { offloader } = offloading();
    const given = message('{"$storageRef":"outputs/other/secret.json"}');
    expect(await offloader.unpack(given)).toEqual({ ...given, offloaded: false });
  });

  it.each([
    ['{"$storageEnvelope":', "DECODE_FAILED"],
    ['{"$storageEnvelope":7}', "DECODE_FAILED"],
    ['{"$storageEnvelope":{"v":2}}', "UNSUPPORTED"],
    ['{"$storageEnvelope":{"v":1,"form":"yaml","size":1}}', "DECODE_FAILED"],
    ['{"$storageEnvelope":{"v":1,"form":"text","size":1},"$storageBody":"ab"}', "INTEGRITY"],
    ['{"$storageEnvelope":{"v":1,"form":"text","size":1},"$storageBody":7}', "DECODE_FAILED"],
    ['{"$storageEnvelope":{"v":1,"form":"text","size":1,"encoding":"lzma"},"$storageBody":"QQ=="}', "UNSUPPORTED"],
    ['{"$storageEnvelope":{"v":1,"form":"text","size":1,"encoding":"gzip"},"$storageBody":7}', "DECODE_FAILED"],
    ['{"$storageEnvelope":{"v":1,"form":"text","size":1,"encoding":"gzip"},"$storageBody":"QQ=="}', "DECODE_FAILED"],
    ['{"$storageEnvelope":{"v":1,"form":"json","size":1},"$storageBody":{"$storageRef":"../a"}}', "INVALID_REFERENCE"],
    [
      '{"$storageEnvelope":{"v":1,"form":"json","size":1},"$storageBody":{"$bubuStorageRef":"secrets/a"}}',
      "REFERENCE_DENIED",
    ],
  ])("rejects %s", async (body, code) => {
    const { offloader } = offloading();
    for (const given of [message(body), message(Buffer.from(body))]) {
      const failure = await failureOf(offloader.unpack(given));
      expect(failure).toBeInstanceOf(MessageError);
      expect(failure).toMatchObject({ name: "MessageError", code, disposition: "reject" });
      expect(isStorageError(failure, code as "DECODE_FAILED")).toBe(true);
    }
  });

  it("stops to decompress at the size that the message says, and at maxBytes", async () => {
    const { offloader } = offloading({ limit: 4096, compress: gzip() });
    const bomb = await offloader.pack(message("0".repeat(500_000)));
    const lying = (bomb.body as string).replace('"size":500000', '"size":10');
    await expect(offloader.unpack(message(lying))).rejects.toMatchObject({ code: "BUDGET_EXCEEDED" });
    const small = offloading({ maxBytes: 1000 }).offloader;
    await expect(small.unpack(bomb)).rejects.toMatchObject({ code: "BUDGET_EXCEEDED", disposition: "reject" });
  });

  it("says to try again when the store does not answer, and when the call was aborted", async () => {
    const inner = new MemoryStore();
    const packed = await offloading({ limit: 4096 }, { store: inner }).offloader.pack(message(big));
    const store = new FaultStore(inner, {
      faults: [{ on: ["read"], fault: { error: "THROTTLED" } }],
    });
    const { offloader } = offloading({}, { store });
    await expect(offloader.unpack(packed)).rejects.toMatchObject({ code: "THROTTLED", disposition: "retry" });
    const reason = new Error("shutting down");
    const signal = AbortSignal.abort(reason);
    const aborted = { code: "ABORTED", disposition: "retry", cause: reason };
    await expect(offloader.unpack(packed, { signal })).rejects.toMatchObject(aborted);
    await expect(offloader.settle(packed, { signal })).rejects.toMatchObject(aborted);
    await expect(offloader.pack(message(big), { signal })).rejects.toMatchObject({ code: "ABORTED", cause: reason });
  });

  it("takes a payload that is gone for one that was processed only where it is told to", async () => {
    const { offloader } = offloading({ limit: 4096 });
    const packed = await offloader.pack(message(big));
    await offloader.settle(packed);
    const failure = await failureOf(offloader.unpack(packed));
    expect(offloader.isProcessed(failure)).toBe(false);
    const tolerant = offloading({ missing: "ack" }).offloader;
    expect([tolerant.isProcessed(failure), tolerant.isProcessed(new Error("other"))]).toEqual([true, false]);
  });
});

describe("settle", () => {
  it("deletes what the message alone leads to, and does no harm twice", async () => {
    const { offloader, store } = offloading({ limit: 4096 });
    const [one, other] = [await offloader.pack(message(big)), await offloader.pack(message(Buffer.from(big)))];
    expect(await offloader.settle(one)).toEqual({ deleted: 1 });
    expect(await offloader.settle(one)).toEqual({ deleted: 0 });
    expect((await offloader.unpack(other)).offloaded).toBe(true);
    expect(await offloader.settle(other)).toEqual({ deleted: 1 });
    expect(await pathsIn(store)).toEqual([]);
    expect(await offloader.settle(message("small"))).toEqual({ deleted: 0 });
  });

  it("deletes nothing of another channel, nor what the message names without leading to it", async () => {
    const { offloader, store, manager } = offloading({ limit: 4096 });
    const packed = await offloader.pack(message(big));
    const reader = (channel: string) =>
      new MessageOffloader({ manager, channel, rules: rules.sqs, retention: "settle" });
    expect(await reader("other").settle(packed)).toEqual({ deleted: 0 });
    const own = await offloader.pack(message(big));
    const id = /"id":"([^"]+)"/.exec(packed.body as string)![1]!;
    const forged = (own.body as string).replace(/"id":"[^"]+"/, `"id":"${id}"`);
    expect(await offloader.settle(message(forged))).toEqual({ deleted: 0 });
    expect(await offloader.settle(message(forged.replace(/"id":"[^"]+"/, '"id":".."')))).toEqual({ deleted: 0 });
    expect(await pathsIn(store)).toHaveLength(2);
  });

  it("asks for a good signature where references are signed", async () => {
    const store = new MemoryStore();
    const forged = await offloading({ limit: 4096 }, { store }).offloader.pack(message(big));
    const { offloader } = offloading({ limit: 4096 }, { store, signing: signingOptions() });
    await expect(offloader.settle(forged)).rejects.toMatchObject({ code: "SIGNATURE_INVALID", disposition: "reject" });
    const packed = await offloader.pack(message(big));
    expect(await offloader.settle(packed)).toEqual({ deleted: 1 });
    expect(await pathsIn(store)).toHaveLength(1);
  });
});

describe("batches", () => {
  const sizes = (batches: Iterable<number[]>) => [...batches].map((batch) => batch.length);

  it("are as few as the limits allow, in order", () => {
    const { offloader } = offloading();
    const wire = (bytes: number) => message("x".repeat(bytes));
    expect(sizes(offloader.batches(Array<number>(25).fill(200_000), wire))).toEqual([5, 5, 5, 5, 5]);
    expect(sizes(offloader.batches(Array<number>(25).fill(1), wire))).toEqual([10, 10, 5]);
    expect(sizes(offloader.batches([1_048_575, 1, 1], wire))).toEqual([2, 1]);
    expect(sizes(offloader.batches([5, 2_000_000, 5], wire))).toEqual([1, 1, 1]);
    expect([...offloader.batches([3, 1, 2], wire)].flat()).toEqual([3, 1, 2]);
    expect([...offloader.batches([], wire)]).toEqual([]);
  });

  it("grow with the limit of a topic that takes more", () => {
    const { offloader } = offloading({ rules: rules.sns, limit: 1_048_576 });
    expect(sizes(offloader.batches([500_000, 500_000], () => message("x".repeat(500_000))))).toEqual([2]);
  });
});

describe("the options", () => {
  const manager = new StorageManager({ store: new MemoryStore() });
  const base: MessageOffloaderOptions = { manager, channel: "orders", rules: rules.sqs, retention: "settle" };

  it.each<[string, Record<string, unknown>]>([
    ["manager", { manager: {} }],
    ["channel", { channel: "" }],
    ["rules", { rules: { name: "mine" } }],
    ["limit", { limit: 0 }],
    ["over", { over: "1" }],
    ["retention", { retention: "ack" }],
    ["retention", { retention: { consumers: [] } }],
    ["retention", { rules: rules.kafka }],
    ["ttl", { ttl: 0 }],
    ["ttl", { retention: "expire" }],
    ["ttl", { ttl: 1 }],
    ["compress", { compress: aes256gcm({ keys: { a: new Uint8Array(32).fill(7) }, activeKeyId: "a" }) }],
    ["keep", { keep: ["$storageBody"] }],
    ["keep", { keep: ["5"] }],
    ["format", { format: {} }],
    ["hint", { hint: true }],
    ["missing", { missing: "drop" }],
    ["timeout", { timeout: 0 }],
    ["ungefähr", { ungefähr: 1 }],
  ])("that can't be used are named: %s", (field, options) => {
    const make = () => new MessageOffloader({ ...base, ...options });
    const { code, message: text } = thrownBy(make);
    expect([code, text.includes(field)]).toEqual(["CONFIG_INVALID", true]);
  });

  it("of a call that are not known are refused", async () => {
    const offloader = new MessageOffloader(base);
    const wrong = { sginal: undefined } as object;
    const calls = [
      offloader.pack(message("a"), wrong),
      offloader.unpack(message("a"), wrong),
      offloader.settle(message("a"), wrong),
    ];
    for (const call of calls)
      await expect(call).rejects.toMatchObject({ code: "CONFIG_INVALID", message: expect.stringContaining("sginal") });
  });

  it("need no ttl where the manager has one, or nobody is to delete", () => {
    const aged = new StorageManager({ store: new MemoryStore(), retention: { ttl: 30 * DAY } });
    expect(() => new MessageOffloader({ manager: aged, channel: "a", rules: rules.kafka })).not.toThrow();
    expect(() => new MessageOffloader({ manager, channel: "a", rules: rules.kafka, ttl: "never" })).not.toThrow();
  });
});

describe("a manager that does something else with its own payloads", () => {
  const key = new Uint8Array(32);
  const managers: [string, StorageManagerOptions][] = [
    ["passes references on", { references: "pass" }],
    ["refuses them", { references: "reject" }],
    ["adopts them", { references: "adopt" }],
    ["is for workflows", { preset: "workflow" }],
    ["signs them", { signing: { keys: { a: key }, activeKeyId: "a" } }],
    ["writes the other dialect", { dialect: "bubustack" }],
    ["sorts keys", { canonical: true }],
  ];

  it.each(managers)("leaves data what it is: one that %s", async (_, managerOptions) => {
    const { manager, offloader, store } = offloading({ limit: 4096, keep: ["type"] }, managerOptions);
    const ticket = await manager.dehydrate("x".repeat(5000), { scope: "own" });
    const text = "large ".repeat(2000);
    const values = [
      { type: "order", ticket, text },
      { type: { of: [ticket] }, text: text.repeat(2) },
      [ticket, text],
      { $storageEnvelope: { v: 1 }, ticket },
      { many: Object.fromEntries(Array.from({ length: 500 }, (__, at) => [`key${999 - at}`, at])), type: "order" },
    ];
    for (const value of values) {
      const body = JSON.stringify(value);
      for (const given of [body, Buffer.from(body)]) {
        const packed = await offloader.pack(message(given));
        expect((await offloader.unpack(packed)).body).toEqual(given);
        const text = Buffer.from(packed.body as string).toString();
        if ("text" in value && value.type === "order") expect(JSON.parse(text)).toMatchObject({ type: "order" });
        if (managerOptions.signing === undefined) expect(text).not.toMatch(/"of":\[\{"\$storageRef"/);
        await offloader.settle(packed);
      }
    }
    expect(await pathsIn(store)).toHaveLength(1); // what the ticket stands for
  });
});
