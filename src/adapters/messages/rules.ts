import { kafkaRecordSize, mqttPacketSize, natsHeaderSize, serviceBusSize } from "./encodings.js";
import { attributeBytes, byteLength, valueBytes, type AttributeValue, type Wire } from "./wire.js";

/** What one broker counts, and how much it takes. All in bytes. */
export interface Rules {
  /** For errors. */
  readonly name: string;
  /** Most that a message may count. `Infinity`: the broker has no limit of its own. */
  readonly maxMessage: number;
  /** Most that a batch may count, and most messages in it. Absent: the broker has no such limit, or no batches. */
  readonly maxBatchBytes?: number | undefined;
  readonly maxBatchCount?: number | undefined;
  /** Most attributes of a message. */
  readonly maxAttributes?: number | undefined;
  /** Readers may read a message again long after it was acknowledged: nothing can be deleted on an acknowledgement. */
  readonly replays?: boolean | undefined;
  /** What a message counts, exactly. */
  size(message: Wire): number;
  /** At least what it counts, without looking at every character of a text: spares most messages to be counted. */
  atMost?(message: Wire): number;
}

type Limits = Omit<Rules, "name" | "size" | "atMost">;

// A unit of UTF-16 has at most three bytes of UTF-8.
const MOST_BYTES = 3;

/** Rules that follow from the bytes of a body. */
function rule(name: string, limits: Limits, count: (bodyBytes: number, message: Wire) => number): Rules {
  return {
    name,
    ...limits,
    size: (message) => count(byteLength(message.body), message) + (message.overhead ?? 0),
    atMost: (message) => count(mostBytes(message.body), message) + (message.overhead ?? 0),
  };
}

function mostBytes(body: string | Uint8Array): number {
  return typeof body === "string" ? body.length * MOST_BYTES : body.byteLength;
}

// The DataType of SQS and SNS, with its custom label, is counted as well.
function amazonAttributes(attributes: Wire["attributes"]): number {
  let size = 0;
  for (const [name, value] of attributes) size += byteLength(name) + dataTypeBytes(value) + valueBytes(value);
  return size;
}

function dataTypeBytes(value: AttributeValue): number {
  if (typeof value === "string" || typeof value === "number") return 6; // String, Number
  if (value instanceof Uint8Array || typeof value === "boolean") return 6; // Binary, String
  return byteLength(value.type);
}

// EventBridge counts a time as 14 bytes, whatever it says.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevent-size.html
function eventFields(attributes: Wire["attributes"]): number {
  let size = 0;
  for (const [name, value] of attributes) size += name === "Time" ? 14 : valueBytes(value);
  return size;
}

function keyBytes({ key }: Wire): number {
  return key === undefined ? 0 : byteLength(key);
}

const MIB = 1_048_576;

/**
 * The rules of the brokers, each with the broker's own default as its limit: say `limit` where yours takes less, or more.
 *
 * @example
 * new MessageOffloader({ manager, channel: "orders", rules: rules.sqs, ttl: 30 * DAY });
 */
export const rules = {
  /** Body, and name, type and value of every attribute. A batch of ten counts as one message. */
  sqs: rule("SQS", { maxMessage: MIB, maxBatchBytes: MIB, maxBatchCount: 10, maxAttributes: 10 }, (body, message) => {
    return body + amazonAttributes(message.attributes);
  }),
  /** As SQS. A topic takes up to 1 MiB when its `MaximumMessageSize` says so: then say `limit`. */
  sns: rule(
    "SNS",
    { maxMessage: 262_144, maxBatchBytes: 262_144, maxBatchCount: 10, maxAttributes: 10 },
    (body, message) => body + amazonAttributes(message.attributes),
  ),
  /** Body is `Detail`; attributes are the other fields of the entry, one for each of `Resources`, whatever its name. */
  eventbridge: rule(
    "EventBridge",
    { maxMessage: 262_144, maxBatchBytes: 262_144, maxBatchCount: 10 },
    (body, message) => body + eventFields(message.attributes),
  ),
  /** Data and partition key. */
  kinesis: rule(
    "Kinesis",
    { maxMessage: MIB, maxBatchBytes: 10 * MIB, maxBatchCount: 500, maxAttributes: 0, replays: true },
    (body, message) => body + keyBytes(message),
  ),
  /** A record batch of one uncompressed record, the safe number of producers: brokers count a batch, after compression. */
  kafka: rule(
    "Kafka",
    { maxMessage: 1_000_000, maxBatchBytes: 1_000_000, replays: true },
    (body, { key, attributes }) => kafkaRecordSize(body, key, attributes),
  ),
  /** The content alone, of RabbitMQ 4; before it was 128 MiB. What headers may have is a limit of its own. */
  amqp: rule("AMQP", { maxMessage: 16 * MIB }, (body) => body),
  /** Data and encoded headers. The limit of a connection is its `info.max_payload`. */
  nats: rule("NATS", { maxMessage: MIB }, (body, message) => body + natsHeaderSize(message.attributes)),
  /**
   * A whole PUBLISH packet of QoS 1 or 2; one of QoS 0 has two bytes less. The key is the topic, attributes are user
   * properties, `overhead` is what the other properties have. The limit is the `maximumPacketSize` of CONNACK, where there is one.
   */
  mqtt5: rule("MQTT", { maxMessage: 268_435_455 }, (body, { key, attributes, overhead }) => {
    // The length of the properties is itself written in one to four bytes.
    return mqttPacketSize(body, key ?? "", attributes, overhead ?? 0) - (overhead ?? 0);
  }),
  /** Data, keys and values. */
  pubsub: rule(
    "Pub/Sub",
    { maxMessage: 10_000_000, maxBatchBytes: 9_437_184, maxBatchCount: 1_000, maxAttributes: 100 },
    (body, message) => body + attributeBytes(message.attributes),
  ),
  /** The AMQP 1.0 encoding of a body of bytes and its application properties; `overhead` is what other properties have. */
  servicebus: rule("Service Bus", { maxMessage: 262_144 }, (body, message) => serviceBusSize(body, message.attributes)),
  /** The JSON of a job's data. Redis has no limit, but memory. */
  bullmq: rule("BullMQ", { maxMessage: Number.POSITIVE_INFINITY }, (body) => body),
} satisfies Readonly<Record<string, Rules>>;
