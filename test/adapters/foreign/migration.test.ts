import type { SendMessageCommandInput } from "@aws-sdk/client-sqs";
import fc from "fast-check";
import { FaultStore } from "../../../src/testing/index.js";
import { MemoryStore, StorageManager, isStorageError } from "../../../src/index.js";
import {
  awsExtended,
  bakdata,
  bigPayload,
  cloudEvents,
  messageQueueToolkit,
  middyStore,
  sqsBodyKey,
} from "../../../src/adapters/formats.js";
import { rules, type MessageFormat, type Wire } from "../../../src/adapters/messages.js";
import { sqsOffload } from "../../../src/adapters/sqs.js";
import { message } from "../messages/messages.js";
import { bucketsOf, objectsIn, offloaderOf, watchedStore } from "./foreign.js";

const allow = ["s3://legacy"];
const AWS = '["software.amazon.payloadoffloading.PayloadS3Pointer",{"s3BucketName":"legacy","s3Key":"a"}]';
const AWS_ATTRIBUTE = { ExtendedPayloadSize: { DataType: "Number", StringValue: "3" } };
const BODY_KEY = { S3MessageBodyKey: { DataType: "String", StringValue: "(legacy)b" } };

describe("a consumer in the middle of a migration", () => {
  it("reads two formats and its own, and writes its own; it deletes of its own only", async () => {
    const legacy = new MemoryStore();
    await legacy.write("a", "one");
    await legacy.write("b", "two");
    const ours = new MemoryStore();
    const offload = sqsOffload({
      manager: bucketsOf({ ours, legacy }),
      channel: "orders",
      retention: "settle",
      reads: [awsExtended({ allow }), sqsBodyKey({ allow })],
    });
    const big = "large ".repeat(200_000);
    const own = await offload.pack<SendMessageCommandInput>({ QueueUrl: "q", MessageBody: big });
    expect(own.MessageBody).toContain("$storageEnvelope");

    const received = [
      { Body: AWS, MessageAttributes: AWS_ATTRIBUTE },
      { Body: "b", MessageAttributes: BODY_KEY },
      { Body: own.MessageBody, MessageAttributes: own.MessageAttributes! },
      { Body: AWS },
    ];
    const bodies = [];
    for (const one of received) {
      bodies.push((await offload.open(one)).Body);
      await offload.settle(one);
    }
    expect(bodies).toEqual(["one", "two", big, AWS]);
    expect(await objectsIn(ours)).toEqual({});
    expect(Object.keys(await objectsIn(legacy))).toEqual(["a", "b"]);
  });

  it("writes what consumers that have not moved yet read", async () => {
    const ours = new MemoryStore();
    const options = { manager: new StorageManager({ store: ours }), channel: "orders", ttl: "never" as const };
    const format = awsExtended({ bucket: "legacy", attribute: "both" });
    const offload = sqsOffload({ ...options, format });
    const big = "large ".repeat(200_000);
    const packed = await offload.pack<SendMessageCommandInput>({ QueueUrl: "q", MessageBody: big });
    expect(packed.MessageAttributes).toEqual({
      ExtendedPayloadSize: { DataType: "Number", StringValue: "1200000" },
      SQSLargePayloadSize: { DataType: "Number", StringValue: "1200000" },
    });
    const moved = sqsOffload({ ...options, reads: [format] });
    const { Body } = await moved.open({ Body: packed.MessageBody, MessageAttributes: packed.MessageAttributes! });
    expect(Body).toBe(big);
  });

  it("tries again what the store does not answer, and takes for poison what is gone", async () => {
    const legacy = new MemoryStore();
    await legacy.write("a", "one");
    const faulty = new FaultStore(legacy, { faults: [{ on: "read", times: 1, fault: { error: "THROTTLED" } }] });
    const offloader = offloaderOf(bucketsOf({ legacy: faulty }), { reads: [awsExtended({ allow })] });
    const packed = message(AWS, { ExtendedPayloadSize: "3" });
    await expect(offloader.unpack(packed)).rejects.toMatchObject({ code: "THROTTLED", disposition: "retry" });
    expect((await offloader.unpack(packed)).body).toBe("one");
    await legacy.delete("a");
    await expect(offloader.unpack(packed)).rejects.toMatchObject({ code: "NOT_FOUND", disposition: "reject" });
    const signal = AbortSignal.abort();
    await expect(offloader.unpack(packed, { signal })).rejects.toMatchObject({ code: "ABORTED", disposition: "retry" });
  });
});

describe("a message in any format", () => {
  const formats: [string, () => MessageFormat][] = [
    ["awsExtended", () => awsExtended({ bucket: "b", prefix: "p", attribute: "both" })],
    ["bigPayload", () => bigPayload({ bucket: "b", byShape: true })],
    ["messageQueueToolkit", () => messageQueueToolkit({ byShape: true })],
    ["middyStore", () => middyStore({ bucket: "b", byShape: true })],
    ["cloudEvents", () => cloudEvents({ bucket: "b" })],
    ["bakdata", () => bakdata({ bucket: "b", byShape: true })],
    ["bakdata, by header", () => bakdata({ bucket: "b", headers: true })],
  ];
  const forged = [
    AWS,
    '{"S3Payload":{"Bucket":"b","Key":"k"}}',
    '{"x":[{"@middy-store":"s3://b/k"}]}',
    '{"payloadRef":{"id":"k","store":"s3","size":1}}',
    '{"$storageEnvelope":{"v":1}}',
    "\x01s3://b/k",
    "",
  ];
  const names = [
    "ExtendedPayloadSize",
    "SQSLargePayloadSize",
    "payloadOffloading.size",
    "ce-dataref",
    "__large.message.backed.value",
    "trace",
    "größe",
  ];
  const texts = fc.oneof(fc.constantFrom(...forged), fc.string({ unit: "binary", maxLength: 4000 }), fc.json());
  const bodies = fc.oneof(texts, fc.uint8Array({ maxLength: 4000 }));
  const attributes = fc.dictionary(fc.constantFrom(...names), fc.string({ maxLength: 20 }), { maxKeys: 2 });

  it.each(formats)(
    "comes back byte for byte, within the limit, or is refused before any request: %s",
    async (_, make) => {
      await fc.assert(
        fc.asyncProperty(bodies, attributes, async (body, given) => {
          const { store, requests } = watchedStore();
          const format = make();
          const offloader = offloaderOf(new StorageManager({ store }), { format, rules: rules.kafka, limit: 2048 });
          const original: Wire = message(body, given);
          let packed;
          try {
            packed = await offloader.pack(original);
          } catch (error) {
            expect(isStorageError(error, "INVALID_REFERENCE") || isStorageError(error, "LIMIT_EXCEEDED")).toBe(true);
            expect(requests).toEqual([]);
            return;
          }
          expect(rules.kafka.size(packed)).toBeLessThanOrEqual(2048);
          const opened = await offloader.unpack(packed);
          // Bytes of a text that had to be marked by a byte.
          const isSame = Buffer.compare(Buffer.from(opened.body as string), Buffer.from(body as string)) === 0;
          expect(isSame).toBe(true);
          expect([...opened.attributes]).toEqual([...original.attributes]);
        }),
        { numRuns: 100 },
      );
    },
  );
});
