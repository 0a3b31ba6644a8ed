import { MemoryStore, StorageManager } from "../../../src/index.js";
import { awsExtended, bigPayload, messageQueueToolkit, sqsBodyKey } from "../../../src/adapters/formats.js";
import { runProgram } from "../../examples/run-program.js";
import { bigJson, message } from "../messages/messages.js";
import { bucketsOf, objectsIn, offloaderOf, watchedStore } from "./foreign.js";
import { producer, consumer } from "./peers/big-payload.js";

// Its own SDK is of no use here: it is given clients.
jest.mock("aws-sdk", () => ({}));

const BODY = '{"id":"7","type":"order","text":"ä"}';
const allow = ["s3://b"];

async function bucket(objects: Record<string, string | Uint8Array>) {
  const b = watchedStore();
  for (const [path, body] of Object.entries(objects)) await b.inner.write(path, body);
  return { ...b, manager: bucketsOf({ b: b.store }) };
}

describe("sqsBodyKey", () => {
  it.each([
    ["dvla", "k"],
    ["bbc", '{"s3Payload":{"bucket":"b","key":"k"}}'],
    ["one that says something else", '{"s3Payload":{"bucket":"evil","key":"x"}}'],
  ])("reads by the attribute alone: %s", async (_, body) => {
    const { manager } = await bucket({ k: BODY });
    const offloader = offloaderOf(manager, { reads: [sqsBodyKey({ allow })] });
    const opened = await offloader.unpack(message(body, { S3MessageBodyKey: { type: "String", value: "(b)k" } }));
    expect(opened).toMatchObject({ body: BODY, offloaded: true });
    expect(opened.attributes.size).toBe(0);
    expect(await offloader.unpack(message(body))).toMatchObject({ body, offloaded: false });
  });

  it.each([
    ["a bucket with a bracket", "(b)a)c", "INVALID_REFERENCE"],
    ["no bucket", "k", "INVALID_REFERENCE"],
    ["an empty bucket", "()k", "INVALID_REFERENCE"],
    ["nothing", "", "INVALID_REFERENCE"],
    ["..", "(b)../k", "INVALID_REFERENCE"],
    ["another bucket", "(c)k", "REFERENCE_DENIED"],
    ["a megabyte of brackets", `(${")".repeat(1_000_000)}`, "INVALID_REFERENCE"],
  ])("refuses %s before any request", async (_, value, code) => {
    const { manager, requests } = await bucket({ k: BODY });
    const offloader = offloaderOf(manager, { reads: [sqsBodyKey({ allow })] });
    await expect(offloader.unpack(message("x", { S3MessageBodyKey: value }))).rejects.toMatchObject({ code });
    expect(requests).toEqual([]);
  });

  it("is not written, which is said at once", () => {
    const manager = new StorageManager({ store: new MemoryStore() });
    expect(() => offloaderOf(manager, { format: sqsBodyKey() })).toThrow(/reads/);
  });
});

describe("bigPayload", () => {
  const POINTER = JSON.stringify({ S3Payload: { Id: "u", Bucket: "b", Key: "u.json", Location: "x" } });

  it("is read by its shape on request only", async () => {
    const { manager, requests } = await bucket({ "u.json": BODY });
    const strict = offloaderOf(manager, { reads: [bigPayload({ allow })] });
    expect(await strict.unpack(message(POINTER))).toMatchObject({ body: POINTER, offloaded: false });
    expect(requests).toEqual([]);
    const lenient = offloaderOf(manager, { reads: [bigPayload({ allow, byShape: true })] });
    expect(await lenient.unpack(message(POINTER))).toMatchObject({ body: BODY, offloaded: true });
    expect(await lenient.unpack(message('"S3Payload"'))).toMatchObject({ offloaded: false });
  });

  it.each([
    ["the array", '["software.amazon.payloadoffloading.PayloadS3Pointer",{"s3BucketName":"b","s3Key":"u.json"}]'],
    ["the object of older releases", '{"s3BucketName":"b","s3Key":"u.json"}'],
  ])("is read by the attribute of its compatible mode: %s", async (_, body) => {
    const { manager } = await bucket({ "u.json": BODY });
    const offloader = offloaderOf(manager, { reads: [bigPayload({ allow })] });
    const opened = await offloader.unpack(message(body, { SQSLargePayloadSize: 36 }));
    expect(opened.body).toBe(BODY);
  });

  it.each([
    ["another bucket", { Bucket: "c", Key: "k" }, "REFERENCE_DENIED"],
    ["an array as key", { Bucket: "b", Key: ["u.json"] }, "INVALID_REFERENCE"],
    ["a URL only", { Location: "https://b.s3.amazonaws.com/u.json" }, "INVALID_REFERENCE"],
    ["an array", ["b", "u.json"], "INVALID_REFERENCE"],
    ["null", null, "INVALID_REFERENCE"],
  ])("refuses %s before any request", async (_, S3Payload, code) => {
    const { manager, requests } = await bucket({ "u.json": BODY });
    const offloader = offloaderOf(manager, { reads: [bigPayload({ allow, byShape: true })] });
    await expect(offloader.unpack(message(JSON.stringify({ S3Payload })))).rejects.toMatchObject({ code });
    expect(requests).toEqual([]);
  });

  it("packs a small body that only looks like a pointer, so that it comes back", async () => {
    const manager = new StorageManager({ store: new MemoryStore() });
    const offloader = offloaderOf(manager, { format: bigPayload({ bucket: "b", byShape: true }) });
    const packed = await offloader.pack(message(POINTER));
    expect(packed.offloaded).toBe(true);
    expect((await offloader.unpack(packed)).body).toBe(POINTER);
  });

  it.each([[false], [true]])("reads what the library writes, extendedLibraryCompatibility: %s", async (compatible) => {
    const b = new MemoryStore();
    const { body, attributes } = await producer(b, compatible).send({ id: 7, text: "ä".repeat(200_000) });
    const reads = [bigPayload({ allow, byShape: !compatible })];
    const opened = await offloaderOf(bucketsOf({ b }), { reads }).unpack(message(body, attributes));
    expect(JSON.parse(opened.body as string)).toEqual({ id: 7, text: "ä".repeat(200_000) });
    expect(Object.keys(await objectsIn(b))).toHaveLength(1);
  });

  it.each([[false], [true]])("writes what the library reads, extendedLibraryCompatibility: %s", async (compatible) => {
    const store = new MemoryStore();
    const format = compatible
      ? awsExtended({ bucket: "b", attribute: "SQSLargePayloadSize" })
      : bigPayload({ bucket: "b" });
    const body = bigJson(2_000_000);
    const packed = await offloaderOf(new StorageManager({ store }), { format }).pack(message(body));
    const size = packed.attributes.get("SQSLargePayloadSize") as number | undefined;
    expect(await consumer(store, compatible).receive(packed.body as string, size)).toEqual(JSON.parse(body));
  });
});

describe("messageQueueToolkit", () => {
  const legacy = { offloadedPayloadPointer: "p/k", offloadedPayloadSize: 36 };
  const reference = { payloadRef: { id: "p/k", store: "s3", size: 36 } };

  it.each([
    ["the older notation", { ...legacy, id: "7" }, { "payloadOffloading.size": 36 }],
    ["both", { ...reference, ...legacy }, { "payloadOffloading.size": 36 }],
    ["the newer one, of Pub/Sub", reference, { offloadedPayloadSize: "36" }],
    [
      "the newer one first",
      { ...reference, ...legacy, offloadedPayloadPointer: "p/none" },
      { offloadedPayloadSize: "" },
    ],
  ])("is read: %s", async (_, body, attributes) => {
    const { manager } = await bucket({ "p/k": BODY });
    const offloader = offloaderOf(manager, { reads: [messageQueueToolkit({ bucket: undefined, stores: { x: "c" } })] });
    const own = offloaderOf(new StorageManager({ store: (await bucket({ "p/k": BODY })).store }), {
      reads: [messageQueueToolkit({ allow: ["p"] })],
    });
    const packed = message(JSON.stringify(body), attributes);
    const opened = await own.unpack(packed);
    expect(opened).toMatchObject({ body: BODY, offloaded: true });
    expect(opened.attributes.size).toBe(0);
    await expect(offloader.unpack(packed)).rejects.toMatchObject({ code: "REFERENCE_DENIED" });
  });

  it("is detected by its attribute, and by shape on request", async () => {
    const { manager } = await bucket({ "p/k": BODY });
    const body = JSON.stringify({ payloadRef: { id: "p/k", store: "archive", size: 36 } });
    const options = { stores: { archive: "b" }, allow: ["s3://b/p"] };
    const strict = offloaderOf(manager, { reads: [messageQueueToolkit(options)] });
    expect(await strict.unpack(message(body))).toMatchObject({ body, offloaded: false });
    const lenient = offloaderOf(manager, { reads: [messageQueueToolkit({ ...options, byShape: true })] });
    expect(await lenient.unpack(message(body))).toMatchObject({ body: BODY, offloaded: true });
    expect(await lenient.unpack(message("[7]"))).toMatchObject({ offloaded: false });
  });

  it.each([
    ["an unknown store", { payloadRef: { id: "p/k", store: "other", size: 1 } }, "INVALID_REFERENCE"],
    ["a store of a prototype", { payloadRef: { id: "p/k", store: "constructor", size: 1 } }, "INVALID_REFERENCE"],
    ["no store", { payloadRef: { id: "p/k", size: 1 }, ...legacy }, "INVALID_REFERENCE"],
    ["an array as id", { payloadRef: { id: ["p/k"], store: "s3" } }, "INVALID_REFERENCE"],
    ["..", { payloadRef: { id: "p/../k", store: "s3" } }, "INVALID_REFERENCE"],
    ["another prefix", { payloadRef: { id: "q/k", store: "s3", size: 2 ** 60 } }, "REFERENCE_DENIED"],
    ["nothing", {}, "INVALID_REFERENCE"],
    ["null", null, "INVALID_REFERENCE"],
  ])("refuses %s before any request", async (_, body, code) => {
    const { manager, requests } = await bucket({ "p/k": BODY });
    const offloader = offloaderOf(manager, { reads: [messageQueueToolkit({ bucket: "b", allow: ["s3://b/p"] })] });
    const packed = message(JSON.stringify(body), { "payloadOffloading.size": 1 });
    await expect(offloader.unpack(packed)).rejects.toMatchObject({ code });
    expect(requests).toEqual([]);
  });

  it("reads what a codec compressed, and refuses one it does not know", async () => {
    const { gzipSync } = await import("node:zlib");
    const { store } = await bucket({ "p/k": gzipSync(BODY) });
    const offloader = offloaderOf(new StorageManager({ store }), { reads: [messageQueueToolkit({ allow: ["p"] })] });
    const of = (codec: string) =>
      message(JSON.stringify({ payloadRef: { ...reference.payloadRef, codec } }), { offloadedPayloadSize: "1" });
    expect((await offloader.unpack(of("gzip"))).body).toBe(BODY);
    await expect(offloader.unpack(of("own"))).rejects.toMatchObject({ code: "UNSUPPORTED" });
    const small = offloaderOf(new StorageManager({ store }), {
      reads: [messageQueueToolkit({ allow: ["p"] })],
      maxBytes: 20,
    });
    await expect(small.unpack(of("gzip"))).rejects.toMatchObject({ code: "BUDGET_EXCEEDED" });
  });

  it("writes both notations and keeps what routes", async () => {
    const store = new MemoryStore();
    const offloader = offloaderOf(new StorageManager({ store }), { format: messageQueueToolkit({ prefix: "pre" }) });
    const body = JSON.stringify({ id: "7", type: "order", payloadRef: "own", text: "x".repeat(2_000_000) });
    const packed = await offloader.pack(message(body));
    const id = `pre/${Object.keys(await objectsIn(store))[0]}`;
    const size = Buffer.byteLength(body);
    expect(packed.body).toBe(
      JSON.stringify({
        payloadRef: { id, store: "s3", size },
        offloadedPayloadPointer: id,
        offloadedPayloadSize: size,
        id: "7",
        type: "order",
      }),
    );
    expect([...packed.attributes]).toEqual([["payloadOffloading.size", size]]);
    expect((await offloader.unpack(packed)).body).toBe(body);
  });

  it("goes both ways with the library itself", async () => {
    const answer = JSON.parse(
      await runProgram(["test/adapters/foreign/peers/message-queue-toolkit-child.ts"]),
    ) as unknown;
    expect(answer).toEqual({ oursReadsTheirs: true, theirsReadsOurs: true, keys: 2 });
  }, 60_000);
});
