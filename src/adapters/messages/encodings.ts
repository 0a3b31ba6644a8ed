import { byteLength, valueBytes, writtenValue, type AttributeValue, type Wire } from "./wire.js";

// Sizes of messages, for brokers that count the encoded message.

/** Returns the size of a non-negative number as a varint. A varint has seven bits per byte (MQTT 5, section 1.5.5). */
function varintSize(value: number): number {
  let size = 1;
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) size++;
  return size;
}

/** Returns the size of a non-negative number in Kafka's zigzag encoding. The encoding has one bit for the sign. */
function zigzagSize(value: number): number {
  return varintSize(value * 2);
}

// Size of a record batch without its records: https://kafka.apache.org/documentation/#recordbatch
const KAFKA_BATCH_HEAD = 61;

/** Returns the size of a Kafka record batch (magic 2) with one uncompressed record. */
export function kafkaRecordSize(body: number, key: Wire["key"], headers: Wire["attributes"]): number {
  // Attributes, and the deltas of time and offset of the first record.
  let record = 3 + zigzagSize(body) + body + zigzagSize(headers.size);
  if (key === undefined) {
    record += 1; // the length of a missing key is -1
  } else {
    const size = byteLength(key);
    record += zigzagSize(size) + size;
  }
  for (const [name, value] of headers) {
    const nameSize = byteLength(name);
    const valueSize = valueBytes(value);
    record += zigzagSize(nameSize) + nameSize + zigzagSize(valueSize) + valueSize;
  }
  return KAFKA_BATCH_HEAD + zigzagSize(record) + record;
}

/**
 * Returns the size of an MQTT 5 PUBLISH packet (section 3.3) with a packet identifier.
 *
 * @param otherProperties bytes of all properties other than user properties
 */
export function mqttPacketSize(
  payload: number,
  topic: string | Uint8Array,
  userProperties: Wire["attributes"],
  otherProperties: number,
): number {
  let properties = otherProperties;
  for (const [name, value] of userProperties) properties += 5 + byteLength(name) + valueBytes(value);
  const rest = 2 + byteLength(topic) + 2 + varintSize(properties) + properties + payload;
  return 1 + varintSize(rest) + rest;
}

/** Returns the size of NATS headers: `NATS/1.0`, a line for each header, and an empty line. 0 without headers. */
export function natsHeaderSize(headers: Wire["attributes"]): number {
  if (headers.size === 0) return 0;
  let size = "NATS/1.0\r\n".length + "\r\n".length;
  for (const [name, value] of headers) size += byteLength(name) + ": \r\n".length + valueBytes(value);
  return size;
}

/** Counts a `temporal.api.common.v1.Payload`. Metadata is a map in field 1, data is field 2. Tags are one byte. */
export function protobufPayloadSize(data: number, metadata: Wire["attributes"]): number {
  const field = (bytes: number): number => 1 + varintSize(bytes) + bytes;
  let size = data === 0 ? 0 : field(data);
  for (const [name, value] of metadata) size += field(field(byteLength(name)) + field(valueBytes(value)));
  return size;
}

// Descriptor of a section: 0x00, a small ulong, the code.
const DESCRIPTOR = 3;

/**
 * Returns the size of a Service Bus message (AMQP 1.0, part 3.2). The size covers two empty lists for header and
 * properties, the application properties, and one data section.
 */
export function serviceBusSize(body: number, properties: Wire["attributes"]): number {
  let size = 2 * (DESCRIPTOR + 1) + DESCRIPTOR + variableSize(body);
  if (properties.size === 0) return size;
  size += DESCRIPTOR + 9; // a map32: code, size and count
  for (const [name, value] of properties) size += variableSize(byteLength(name)) + amqpValueSize(value);
  return size;
}

/** Returns the size of a text or of bytes. The size covers a code, a length of one or four bytes, and the content. */
function variableSize(bytes: number): number {
  return (bytes > 255 ? 5 : 2) + bytes;
}

/** Returns the size of a value as the Service Bus clients write it. A number has the smallest type that can hold it. */
function amqpValueSize(value: AttributeValue): number {
  if (typeof value === "boolean") return 1;
  if (typeof value !== "number") return variableSize(byteLength(writtenValue(value)));
  if (Number.isNaN(value)) return 1;
  if (!Number.isInteger(value)) return 9;
  if (value > 0) return value < 2 ** 32 ? (value > 255 ? 5 : 2) : 9;
  if (value >= -128) return 2;
  return value > -(2 ** 31) + 1 ? 5 : 9;
}
