import { kafkaRecordSize, mqttPacketSize, natsHeaderSize, protobufPayloadSize, serviceBusSize } from "./encodings.js";
import { isPackedAsRewritten, isPackedAsValue, isPackedInNotification } from "./mistakable.js";
import { attributeBytes, byteLength, valueBytes, type AttributeValue, type Wire } from "./wire.js";

/** Counting rules and limits of one broker, in bytes. */
export interface Rules {
  /** Name of the broker, for errors. */
  readonly name: string;
  /** Most bytes of a message. `Infinity` if the broker has no limit of its own. */
  readonly maxMessage: number;
  /**
   * Most bytes of a batch. `maxBatchCount` is the most messages in it. Absent if there is no such limit, or no
   * batches.
   */
  readonly maxBatchBytes?: number | undefined;
  readonly maxBatchCount?: number | undefined;
  /** Most attributes of a message. */
  readonly maxAttributes?: number | undefined;
  /**
   * Whether readers may read a message again long after its acknowledgement. An acknowledgement then deletes nothing.
   */
  readonly replays?: boolean | undefined;
  /** Returns the exact size of a message. */
  size(message: Wire): number;
  /**
   * Says whether readers would mistake a message for a packed one although its body does not begin like one. Such a
   * message is packed. Default: readers look at the beginning only.
   */
  readonly isMistakable?: ((message: Wire) => boolean) | undefined;
  /**
   * Returns an upper bound of the size, without reading every character of a text. Most messages then need no exact
   * count.
   */
  atMost?(message: Wire): number;
}

type Limits = Omit<Rules, "name" | "size" | "atMost">;

// A UTF-16 code unit has at most three bytes in UTF-8.
const MOST_BYTES = 3;

/** Makes rules that depend on the bytes of a body. */
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

// The DataType of SQS and SNS counts too, with its custom label.
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

// EventBridge counts a time as 14 bytes, whatever its value.
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

/** Returns the rules of an engine that keeps values as JSON. */
function ofJson(name: string, maxMessage: number): Rules {
  return rule(name, { maxMessage, isMistakable: isPackedAsValue }, (body) => body);
}

/**
 * The rules of the brokers and engines. Each limit is the default of the broker or engine. Set `limit` if yours takes
 * less or more.
 *
 * @example
 * new MessageOffloader({ manager, channel: "orders", rules: rules.sqs, ttl: 30 * DAY });
 */
export const rules = {
  /** Counts the body, and the name, type and value of every attribute. A batch of ten counts as one message. */
  sqs: rule(
    "SQS",
    {
      maxMessage: MIB,
      maxBatchBytes: MIB,
      maxBatchCount: 10,
      maxAttributes: 10,
      isMistakable: isPackedInNotification,
    },
    (body, message) => body + amazonAttributes(message.attributes),
  ),
  /** Counts as SQS does. A topic takes up to 1 MiB if its `MaximumMessageSize` allows that. Then set `limit`. */
  sns: rule(
    "SNS",
    {
      maxMessage: 262_144,
      maxBatchBytes: 262_144,
      maxBatchCount: 10,
      maxAttributes: 10,
      isMistakable: isPackedInNotification,
    },
    (body, message) => body + amazonAttributes(message.attributes),
  ),
  /**
   * The body is `Detail`. The attributes are the other fields of the entry, with one attribute for each of
   * `Resources`, under any name.
   */
  eventbridge: rule(
    "EventBridge",
    { maxMessage: 262_144, maxBatchBytes: 262_144, maxBatchCount: 10, isMistakable: isPackedAsValue },
    (body, message) => body + eventFields(message.attributes),
  ),
  /** Counts data and partition key. */
  kinesis: rule(
    "Kinesis",
    { maxMessage: MIB, maxBatchBytes: 10 * MIB, maxBatchCount: 500, maxAttributes: 0, replays: true },
    (body, message) => body + keyBytes(message),
  ),
  /**
   * Counts a record batch of one uncompressed record, which is the safe size for producers. Brokers count a batch
   * after compression.
   */
  kafka: rule(
    "Kafka",
    { maxMessage: 1_000_000, maxBatchBytes: 1_000_000, replays: true },
    (body, { key, attributes }) => kafkaRecordSize(body, key, attributes),
  ),
  /**
   * Counts the content only, for RabbitMQ 4. Before RabbitMQ 4, the limit was 128 MiB. Headers have a limit of their
   * own.
   */
  amqp: rule("AMQP", { maxMessage: 16 * MIB, isMistakable: isPackedAsRewritten }, (body) => body),
  /** Counts data and encoded headers. The limit of a connection is its `info.max_payload`. */
  nats: rule("NATS", { maxMessage: MIB }, (body, message) => body + natsHeaderSize(message.attributes)),
  /**
   * Counts a whole PUBLISH packet of QoS 1 or 2. A packet of QoS 0 has two bytes less. The key is the topic, and
   * attributes are user properties. `overhead` is the size of the other properties. The limit is the
   * `maximumPacketSize` of CONNACK, if there is one.
   */
  mqtt5: rule("MQTT", { maxMessage: 268_435_455 }, (body, { key, attributes, overhead }) => {
    // The length of the properties is itself written in one to four bytes.
    return mqttPacketSize(body, key ?? "", attributes, overhead ?? 0) - (overhead ?? 0);
  }),
  /** Counts data, and keys and values of attributes. */
  pubsub: rule(
    "Pub/Sub",
    { maxMessage: 10_000_000, maxBatchBytes: 9_437_184, maxBatchCount: 1_000, maxAttributes: 100 },
    (body, message) => body + attributeBytes(message.attributes),
  ),
  /**
   * Counts the AMQP 1.0 encoding of a body of bytes and its application properties. `overhead` is the size of other
   * properties.
   */
  servicebus: rule("Service Bus", { maxMessage: 262_144, isMistakable: isPackedAsRewritten }, (body, message) =>
    serviceBusSize(body, message.attributes),
  ),
  /** Counts the JSON of a job's data. Redis has no limit other than memory. */
  bullmq: rule("BullMQ", { maxMessage: Number.POSITIVE_INFINITY, isMistakable: isPackedAsValue }, (body) => body),
  /** Counts the JSON of a state's input or output. */
  stepFunctions: ofJson("Step Functions", 262_144),
  /** Counts the JSON of an event or a result of a synchronous invocation. */
  lambdaSync: ofJson("Lambda", 6 * MIB),
  /** Counts the JSON of an event of an asynchronous invocation. */
  lambdaAsync: ofJson("Lambda", MIB),
  /** Counts the text of one operation of an AWS durable function. */
  durable: ofJson("Lambda durable functions", 262_144),
  // https://docs.temporal.io/cloud/limits#per-message-grpc-limit
  /** Counts a `Payload` as protobuf. The body is its data, the attributes are its metadata. */
  temporal: rule("Temporal", { maxMessage: 2 * MIB }, (body, { attributes }) => protobufPayloadSize(body, attributes)),
  /** Counts the JSON of a step's result. The limit of events is lower, and depends on the plan. */
  inngest: ofJson("Inngest", 4 * MIB),
  /** Counts the bytes of a value in the journal. */
  restate: ofJson("Restate", 32 * MIB),
  /** Counts the JSON of a step's result or of an event. */
  cloudflareWorkflows: ofJson("Cloudflare Workflows", MIB),
} satisfies Readonly<Record<string, Rules>>;
