import { createRequire } from "node:module";
import fc from "fast-check";
import { generate } from "mqtt-packet";
import { headers } from "nats";
import rhea from "rhea";
import { temporal } from "@temporalio/proto";
import { rules, type AttributeValue, type Rules, type Wire } from "../../../src/adapters/messages.js";

// What kafkajs puts on the wire, which it does not publish.
const require = createRequire(__filename);
const encodeRecord = require("kafkajs/src/protocol/recordBatch/record/v0") as (record: object) => object;
const { RecordBatch: encodeBatch } = require("kafkajs/src/protocol/recordBatch/v0") as {
  RecordBatch(batch: { records: object[] }): Promise<{ buffer: Buffer }>;
};

const all: readonly Rules[] = Object.values<Rules>(rules);
const text = fc.string({ unit: "grapheme", maxLength: 300 });
const ascii = fc.stringMatching(/^[a-zA-Z][a-zA-Z0-9-]{0,40}$/);
const body = fc.oneof(
  text,
  fc.uint8Array({ maxLength: 300 }),
  fc.integer({ min: 0, max: 70_000 }).map((size) => "é".repeat(size)),
);
const buffer = (value: string | Uint8Array): Buffer =>
  typeof value === "string" ? Buffer.from(value) : Buffer.from(value);
const wire = (
  of: Wire["body"],
  attributes: Iterable<[string, AttributeValue]> = [],
  more: Partial<Wire> = {},
): Wire => ({
  body: of,
  attributes: new Map(attributes),
  ...more,
});

describe("the rules", () => {
  it.each<[Rules, Wire, number]>([
    // "Number.int" is 10 bytes, "Number" and "String" and "Binary" 6; é is 2.
    [
      rules.sqs,
      wire("é", [
        ["né", "ü"],
        ["n", 12],
        ["b", new Uint8Array(3)],
      ]),
      2 + (3 + 6 + 2) + (1 + 6 + 2) + (1 + 6 + 3),
    ],
    [
      rules.sqs,
      wire("", [
        ["n", { type: "Number.int", value: "12" }],
        ["t", true],
      ]),
      1 + 10 + 2 + (1 + 6 + 4),
    ],
    [rules.sns, wire("abc", [["n", "v"]]), 3 + 1 + 6 + 1],
    [
      rules.eventbridge,
      wire("{}", [
        ["Source", "app"],
        ["DetailType", "é"],
        ["Time", "any"],
        ["Resources.0", "arn"],
      ]),
      2 + 3 + 2 + 14 + 3,
    ],
    [rules.kinesis, wire(new Uint8Array(5), [], { key: "é" }), 7],
    [rules.amqp, wire("é", [["header", "not counted"]]), 2],
    [rules.pubsub, wire("é", [["kéy", "v"]]), 2 + 4 + 1],
    [rules.bullmq, wire('{"a":"é"}', []), 10],
    [rules.sqs, wire("a", [], { overhead: 7 }), 8],
    [rules.stepFunctions, wire('{"a":"é"}'), 10],
    [rules.lambdaSync, wire('"é"'), 4],
  ])("count what the broker counts: %#", (rule, message, size) => {
    expect(rule.size(message)).toBe(size);
    expect(rule.atMost!(message)).toBeGreaterThanOrEqual(size);
  });

  it("never count more than they say at most", () => {
    const attributes = fc.array(fc.tuple(text, fc.oneof(text, fc.integer(), fc.boolean())), { maxLength: 3 });
    fc.assert(
      fc.property(body, attributes, fc.constantFrom(...all), (of, entries, rule) => {
        const message = wire(of, entries, { key: "k" });
        expect(rule.atMost!(message)).toBeGreaterThanOrEqual(rule.size(message));
      }),
    );
  });
});

describe("the rules of encoded messages are those of the client's encoder", () => {
  it("Kafka: kafkajs", async () => {
    const entry = fc.tuple(
      text,
      fc.oneof(
        text,
        fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
      ),
    );
    await fc.assert(
      fc.asyncProperty(
        body,
        fc.option(text, { nil: undefined }),
        fc.array(entry, { maxLength: 5 }),
        async (of, key, entries) => {
          const message = wire(of, entries, { key });
          const record = encodeRecord({
            key: key === undefined ? null : key,
            value: buffer(of),
            headers: Object.fromEntries(message.attributes) as Record<string, string | Buffer>,
          });
          const batch = await encodeBatch({ records: [record] });
          // The encoder writes headers by name: an object has none called __proto__.
          if (!message.attributes.has("__proto__")) expect(rules.kafka.size(message)).toBe(batch.buffer.length);
        },
      ),
    );
  });

  it("MQTT 5: mqtt-packet", () => {
    const topic = fc.stringMatching(/^[a-zé/]{1,200}$/);
    fc.assert(
      fc.property(
        body,
        topic,
        fc.array(fc.tuple(ascii, text), { maxLength: 5 }),
        fc.boolean(),
        (of, key, entries, typed) => {
          const userProperties = Object.fromEntries(entries);
          const packet = generate(
            {
              ...({
                cmd: "publish",
                messageId: 7,
                qos: 1,
                topic: key,
                payload: buffer(of),
                dup: false,
                retain: false,
              } as const),
              properties: { ...(entries.length > 0 && { userProperties }), ...(typed && { contentType: "text/é" }) },
            },
            { protocolVersion: 5 },
          );
          const overhead = typed ? 3 + Buffer.byteLength("text/é") : 0;
          expect(rules.mqtt5.size(wire(of, Object.entries(userProperties), { key, overhead }))).toBe(packet.byteLength);
        },
      ),
    );
  });

  it("NATS: the client's header block", () => {
    fc.assert(
      fc.property(
        body,
        fc.uniqueArray(fc.tuple(ascii, ascii), { maxLength: 5, selector: ([name]) => name.toLowerCase() }),
        (of, entries) => {
          const block = headers();
          for (const [name, value] of entries) block.append(name, value);
          const encoded = entries.length === 0 ? 0 : (block as unknown as { encode(): Uint8Array }).encode().length;
          expect(rules.nats.size(wire(of, entries))).toBe(buffer(of).byteLength + encoded);
        },
      ),
    );
  });

  it("Temporal: its own classes", () => {
    const { Payload } = temporal.api.common.v1;
    const entries = fc.dictionary(ascii, text, { maxKeys: 5 }).map((given) => Object.entries(given));
    fc.assert(
      fc.property(body, entries, (of, metadata) => {
        const bytes = metadata.map(([name, value]) => [name, Buffer.from(value)] as const);
        const encoded = Payload.encode({ data: buffer(of), metadata: Object.fromEntries(bytes) }).finish();
        expect(rules.temporal.size(wire(of, metadata))).toBe(encoded.length);
      }),
    );
  });

  it("Service Bus: rhea, which its client encodes with", () => {
    const value = fc.oneof(
      text,
      fc.integer(),
      fc.maxSafeInteger(),
      fc.double({ min: -(2 ** 53), max: 2 ** 53, noNaN: true }),
      fc.constant(Number.NaN),
      fc.boolean(),
      fc.constantFrom(0, -0, 255, 256, -128, -129, 2 ** 32, -(2 ** 31)),
    );
    fc.assert(
      fc.property(body, fc.array(fc.tuple(text, value), { maxLength: 5 }), (of, entries) => {
        const application_properties = Object.fromEntries(entries.filter(([name]) => name !== "__proto__"));
        const count = Object.keys(application_properties).length;
        const encoded = rhea.message.encode({
          body: rhea.message.data_section(buffer(of)) as unknown as Buffer,
          ...(count > 0 && { application_properties }),
        });
        expect(rules.servicebus.size(wire(of, Object.entries(application_properties)))).toBe(encoded.length);
      }),
    );
  });
});
