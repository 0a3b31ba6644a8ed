import { MemoryStore, StorageManager, gzip } from "../../../src/index.js";
import { awsExtended, type AwsExtendedOptions } from "../../../src/adapters/formats.js";
import { rules } from "../../../src/adapters/messages.js";
import { sqsOffload } from "../../../src/adapters/sqs.js";
import { message } from "../messages/messages.js";
import { bucketsOf, objectsIn, offloaderOf, watchedStore } from "./foreign.js";

const NEW = "software.amazon.payloadoffloading.PayloadS3Pointer";
const OLD = "com.amazon.sqs.javamessaging.MessageS3Pointer";
const BODY = '{ "order": 7, "text": "ä" }';
const POINTER = `["${NEW}",{"s3BucketName":"b","s3Key":"k"}]`;

async function reading(options: AwsExtendedOptions = { allow: ["s3://b"] }) {
  const b = watchedStore();
  await b.inner.write("k", BODY);
  const manager = bucketsOf({ b: b.store });
  return { ...b, manager, offloader: offloaderOf(manager, { reads: [awsExtended(options)] }) };
}

describe("what the clients write", () => {
  it.each([
    ["Java", POINTER, "SQSLargePayloadSize"],
    ["Python, with spaces", `["${NEW}", {"s3BucketName": "b", "s3Key": "k"}]`, "ExtendedPayloadSize"],
    ["Java 1.0, the old class", `["${OLD}",{"s3BucketName":"b","s3Key":"k"}]`, "SQSLargePayloadSize"],
    ["a class of Go", '["my.Pointer",{"s3BucketName":"b","s3Key":"k","more":1}]', "ExtendedPayloadSize"],
    [".NET", '{"S3Key":"k","S3BucketName":"b"}', "SQSLargePayloadSize"],
  ])("is read: %s", async (_, body, attribute) => {
    const { offloader } = await reading();
    const opened = await offloader.unpack(message(body, { [attribute]: { type: "Number", value: "27" }, trace: "t" }));
    expect(opened.body).toBe(BODY);
    expect([...opened.attributes.keys()]).toEqual(["trace"]);
    expect(opened.offloaded).toBe(true);
  });

  it.each([["missing"], [""], ["NaN"], ["-1"], ["1e99"]])("is read whatever size it says: %j", async (value) => {
    const { offloader } = await reading();
    expect((await offloader.unpack(message(POINTER, { ExtendedPayloadSize: value }))).body).toBe(BODY);
  });

  it("is data without an attribute", async () => {
    const { offloader, requests } = await reading();
    expect(await offloader.unpack(message(POINTER))).toMatchObject({ body: POINTER, offloaded: false });
    expect(requests).toEqual([]);
  });

  it("is read in both casings, and in an envelope of SNS; the receipt handle stays", async () => {
    const { manager } = await reading();
    const offload = sqsOffload({ manager, channel: "q", ttl: "never", reads: [awsExtended({ allow: ["s3://b"] })] });
    const ReceiptHandle = "AQEB-x+/=-y";
    const attribute = { DataType: "Number", StringValue: "27" };
    expect(
      await offload.open({ Body: POINTER, ReceiptHandle, MessageAttributes: { ExtendedPayloadSize: attribute } }),
    ).toEqual({ Body: BODY, ReceiptHandle, MessageAttributes: {} });
    const record = { messageId: "1", body: POINTER, receiptHandle: ReceiptHandle };
    expect(
      await offload.open({
        ...record,
        messageAttributes: { SQSLargePayloadSize: { dataType: "Number", stringValue: "27" } },
      }),
    ).toEqual({ ...record, body: BODY, messageAttributes: {} });
    const notification = {
      Type: "Notification",
      Message: POINTER,
      MessageAttributes: { ExtendedPayloadSize: { Type: "Number", Value: "27" } },
    };
    const { Body } = await offload.open({ Body: JSON.stringify(notification) });
    expect(JSON.parse(Body)).toEqual({ Type: "Notification", Message: BODY, MessageAttributes: {} });
  });
});

describe("a hostile pointer", () => {
  it.each([
    ["another bucket", { s3BucketName: "other", s3Key: "k" }, "REFERENCE_DENIED"],
    ["outside of the prefix", { s3BucketName: "b", s3Key: "secrets/k" }, "REFERENCE_DENIED"],
    ["a prefix that only begins so", { s3BucketName: "b", s3Key: "ordersX/k" }, "REFERENCE_DENIED"],
    ["..", { s3BucketName: "b", s3Key: "orders/../secrets/k" }, "INVALID_REFERENCE"],
    ["an escaped ..", { s3BucketName: "b", s3Key: "orders/%2e%2e/secrets" }, "NOT_FOUND"],
    ["a URL as key", { s3BucketName: "b", s3Key: "s3://other/k" }, "INVALID_REFERENCE"],
    ["a bucket that is a path", { s3BucketName: "b/orders", s3Key: "k" }, "INVALID_REFERENCE"],
    ["a bucket that is a host", { s3BucketName: "b@evil:80", s3Key: "k" }, "INVALID_REFERENCE"],
    ["an array as key", { s3BucketName: "b", s3Key: ["orders/k"] }, "INVALID_REFERENCE"],
    ["an object as bucket", { s3BucketName: { toString: "b" }, s3Key: "orders/k" }, "INVALID_REFERENCE"],
    ["no key", { s3BucketName: "b" }, "INVALID_REFERENCE"],
    ["a key of a megabyte", { s3BucketName: "b", s3Key: "orders/".padEnd(1_000_000, "k") }, "INVALID_REFERENCE"],
    ["a number", 7, "INVALID_REFERENCE"],
    ["null", null, "INVALID_REFERENCE"],
    ["an array", ["b", "k"], "INVALID_REFERENCE"],
  ])("is refused before any request: %s", async (_, pointer, code) => {
    const { offloader, requests } = await reading({ allow: ["s3://b/orders"] });
    const body = JSON.stringify([NEW, pointer]);
    await expect(offloader.unpack(message(body, { ExtendedPayloadSize: "9" }))).rejects.toMatchObject({
      code,
      disposition: "reject",
    });
    if (code !== "NOT_FOUND") expect(requests).toEqual([]);
  });

  it.each([
    ["no JSON", "hello"],
    ["nothing", ""],
    ["a class that is no text", '[{},{"s3BucketName":"b","s3Key":"k"}]'],
    ["keys of a prototype", '["c",{"__proto__":{"s3BucketName":"b","s3Key":"k"}}]'],
    ["deep nesting", "[".repeat(100_000)],
  ])("is not passed on as a body: %s", async (_, body) => {
    const { offloader, requests } = await reading();
    await expect(offloader.unpack(message(body, { SQSLargePayloadSize: "9" }))).rejects.toMatchObject({
      code: "INVALID_REFERENCE",
    });
    expect(requests).toEqual([]);
  });

  it("is denied where nothing is allowed: the manager's credentials are no reason", async () => {
    const { offloader, requests } = await reading({});
    const packed = message(POINTER, { ExtendedPayloadSize: "27" });
    await expect(offloader.unpack(packed)).rejects.toMatchObject({ code: "REFERENCE_DENIED" });
    expect(requests).toEqual([]);
  });

  it("does not leave the bucket of the manager's own store by a key that is a URL", async () => {
    const ours = watchedStore();
    const other = watchedStore();
    await other.inner.write("k", "secret");
    const reads = [awsExtended({ bucket: "b", allow: ["s3://b"] })];
    const offloader = offloaderOf(bucketsOf({ ours: ours.store, other: other.store }), { reads });
    const packed = message(POINTER.replace('"k"', '"s3://other/k"'), { ExtendedPayloadSize: "6" });
    await expect(offloader.unpack(packed)).rejects.toMatchObject({ code: "INVALID_REFERENCE" });
    expect([...ours.requests, ...other.requests]).toEqual([]);
  });

  it("is held to the bytes that are there, not to those it says", async () => {
    const { offloader, inner } = await reading();
    const small = offloaderOf(bucketsOf({ b: inner }), { reads: [awsExtended({ allow: ["s3://b"] })], maxBytes: 10 });
    const packed = message(POINTER, { ExtendedPayloadSize: "1" });
    await expect(small.unpack(packed)).rejects.toMatchObject({ code: "BUDGET_EXCEEDED" });
    expect((await offloader.unpack(packed)).body).toBe(BODY);
  });

  it("leads to no bytes where the message is a text", async () => {
    const { offloader, inner } = await reading();
    await inner.write("k", Buffer.from([0xff, 0xfe]));
    await expect(offloader.unpack(message(POINTER, { ExtendedPayloadSize: "2" }))).rejects.toMatchObject({
      code: "DECODE_FAILED",
    });
  });

  it("is refused where references are signed, unless unsigned ones may be read", async () => {
    const { inner } = await reading();
    const signing = { keys: { a: Buffer.alloc(32, 1) }, activeKeyId: "a" };
    const reads = [awsExtended({ allow: ["s3://b"] })];
    const packed = message(POINTER, { ExtendedPayloadSize: "27" });
    const strict = offloaderOf(bucketsOf({ b: inner }, { signing }), { reads });
    await expect(strict.unpack(packed)).rejects.toMatchObject({ code: "SIGNATURE_INVALID" });
    const lenient = offloaderOf(bucketsOf({ b: inner }, { signing: { ...signing, allowUnsigned: true } }), { reads });
    expect((await lenient.unpack(packed)).body).toBe(BODY);
  });
});

describe("deletion", () => {
  const packed = message(POINTER, { ExtendedPayloadSize: "27" });

  it("does not happen by default, whatever the retention", async () => {
    const { manager, inner } = await reading();
    for (const retention of ["settle", { consumers: ["a"] }] as const) {
      const reads = [awsExtended({ allow: ["s3://b"] })];
      const offloader = offloaderOf(manager, { retention, consumer: "a", reads });
      await offloader.unpack(packed);
      expect(await offloader.settle(packed)).toEqual({ deleted: 0 });
    }
    expect(Object.keys(await objectsIn(inner))).toEqual(["k"]);
  });

  it("happens on settle when it is asked for, inside of what is allowed", async () => {
    const { offloader, inner, requests } = await reading({ allow: ["s3://b/k"], deletes: true });
    await inner.write("other", "x");
    const elsewhere = message(POINTER.replace('"k"', '"other"'), { ExtendedPayloadSize: "27" });
    await expect(offloader.settle(elsewhere)).rejects.toMatchObject({ code: "REFERENCE_DENIED" });
    expect(requests).toEqual([]);
    expect(await offloader.settle(packed)).toEqual({ deleted: 1 });
    expect(Object.keys(await objectsIn(inner))).toEqual(["other"]);
  });

  it("needs to know where", () => {
    expect(() => awsExtended({ deletes: true })).toThrow(/allow/);
  });
});

describe("what is written", () => {
  const big = "ä".repeat(600_000);

  it.each([
    ["by default", {}, NEW, ["ExtendedPayloadSize"]],
    ["for older clients", { attribute: "SQSLargePayloadSize", pointerClass: OLD }, OLD, ["SQSLargePayloadSize"]],
    ["for all", { attribute: "both" }, NEW, ["ExtendedPayloadSize", "SQSLargePayloadSize"]],
  ] as const)("is what the clients read: %s", async (_, options, type, names) => {
    const store = new MemoryStore();
    const format = awsExtended({ bucket: "my-bucket", prefix: "p", ...options });
    const offloader = offloaderOf(new StorageManager({ store }), { format });
    const packed = await offloader.pack(message(big, { trace: "t" }));
    const [[path, stored] = []] = Object.entries(await objectsIn(store));
    expect(stored).toBe(big); // the bare body
    expect(packed.body).toBe(`["${type}",{"s3BucketName":"my-bucket","s3Key":"p/${path}"}]`);
    const sizes = names.map((name) => [name, 1_200_000] as const);
    expect([...packed.attributes]).toEqual([["trace", "t"], ...sizes]);
    expect(packed.size).toBe(rules.sqs.size(packed));
    const opened = await offloader.unpack(packed);
    expect(opened.body).toBe(big);
    expect([...opened.attributes]).toEqual([["trace", "t"]]);
  });

  it("names the bucket of an outputPrefix with a scheme", async () => {
    const out = new MemoryStore();
    const manager = bucketsOf({ out }, { outputPrefix: "s3://out/x" });
    const packed = await offloaderOf(manager, { format: awsExtended() }).pack(message(big));
    expect(JSON.parse(packed.body as string)).toEqual([
      NEW,
      { s3BucketName: "out", s3Key: Object.keys(await objectsIn(out))[0] },
    ]);
  });

  it("goes out byte for byte when it fits", async () => {
    const { store, requests } = watchedStore();
    const offloader = offloaderOf(new StorageManager({ store }), { format: awsExtended({ bucket: "b" }) });
    expect(await offloader.pack(message(POINTER, { trace: "t" }))).toMatchObject({ body: POINTER, offloaded: false });
    expect(requests).toEqual([]);
  });

  it.each([
    ["a reserved attribute, small", message("x", { SQSLargePayloadSize: "1" }), "INVALID_REFERENCE"],
    ["a reserved attribute, large", message(big, { ExtendedPayloadSize: "1" }), "INVALID_REFERENCE"],
    [
      "ten attributes",
      message(big, Object.fromEntries(Array.from({ length: 10 }, (_, index) => [`a${index}`, "x"]))),
      "LIMIT_EXCEEDED",
    ],
    ["a lone surrogate", message(`${big}\ud800`), "UNSERIALIZABLE"],
  ])("refuses, before anything is stored, a message with %s", async (_, refused, code) => {
    const { store, requests } = watchedStore();
    const offloader = offloaderOf(new StorageManager({ store }), { format: awsExtended({ bucket: "b" }) });
    await expect(offloader.pack(refused)).rejects.toMatchObject({ code });
    expect(requests).toEqual([]);
  });

  it("is refused at once where the bucket is not said, and with codecs", async () => {
    const manager = new StorageManager({ store: new MemoryStore() });
    expect(() => offloaderOf(manager, { format: awsExtended() })).toThrow(/bucket/);
    const encoding = new StorageManager({ store: new MemoryStore(), codecs: [gzip()] });
    const offloader = offloaderOf(encoding, { format: awsExtended({ bucket: "b" }) });
    await expect(offloader.pack(message(big))).rejects.toMatchObject({ code: "UNSUPPORTED" });
  });
});

it.each([
  ["unknown", { other: 1 }],
  ["attribute", { attribute: "x" }],
  ["allow", { allow: ["../x"] }],
  ["bucket", { bucket: "s3://b" }],
  ["pointerClass", { pointerClass: "" }],
])("refuses a wrong option: %s", (_, options) => {
  expect(() => awsExtended(options as AwsExtendedOptions)).toThrow(
    expect.objectContaining({ code: "CONFIG_INVALID" }) as Error,
  );
});
