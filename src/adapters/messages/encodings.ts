import { byteLength, valueBytes, writtenValue, type AttributeValue, type Wire } from "./wire.js";

// How long messages are in the encodings of brokers that count the encoded message.

/** The bytes of a number of at least 0 as a varint of seven bits a byte (MQTT 5, section 1.5.5). */
function varintSize(value: number): number {
  let size = 1;
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) size++;
  return size;
}

/** The same in the zigzag coding of Kafka, which has a bit for the sign. */
function zigzagSize(value: number): number {
  return varintSize(value * 2);
}

// Of a record batch without its records: https://kafka.apache.org/documentation/#recordbatch
const KAFKA_BATCH_HEAD = 61;

/** A Kafka record batch (magic 2) of one record, uncompressed. */
export function kafkaRecordSize(body: number, key: Wire["key"], headers: Wire["attributes"]): number {
  // Attributes, and the deltas of time and offset of a first record.
  let record = 3 + zigzagSize(body) + body + zigzagSize(headers.size);
  if (key === undefined) {
    record += 1; // its length is -1
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
 * An MQTT 5 PUBLISH packet (section 3.3) with a packet identifier.
 *
 * @param otherProperties bytes of the properties that are no user properties
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

/** The header block of NATS: `NATS/1.0`, a line for each header, an empty line. None without headers. */
export function natsHeaderSize(headers: Wire["attributes"]): number {
  if (headers.size === 0) return 0;
  let size = "NATS/1.0\r\n".length + "\r\n".length;
  for (const [name, value] of headers) size += byteLength(name) + ": \r\n".length + valueBytes(value);
  return size;
}

// A descriptor of a section: 0x00, a small ulong, the code.
const DESCRIPTOR = 3;

/** Two empty lists for header and properties, application properties, and one data section (AMQP 1.0, part 3.2). */
export function serviceBusSize(body: number, properties: Wire["attributes"]): number {
  let size = 2 * (DESCRIPTOR + 1) + DESCRIPTOR + variableSize(body);
  if (properties.size === 0) return size;
  size += DESCRIPTOR + 9; // a map32: its code, size and count
  for (const [name, value] of properties) size += variableSize(byteLength(name)) + amqpValueSize(value);
  return size;
}

/** A text or bytes: a code, a length of one byte or of four. */
function variableSize(bytes: number): number {
  return (bytes > 255 ? 5 : 2) + bytes;
}

/** A value as the clients of Service Bus write it: a number in the smallest type that holds it. */
function amqpValueSize(value: AttributeValue): number {
  if (typeof value === "boolean") return 1;
  if (typeof value !== "number") return variableSize(byteLength(writtenValue(value)));
  if (Number.isNaN(value)) return 1;
  if (!Number.isInteger(value)) return 9;
  if (value > 0) return value < 2 ** 32 ? (value > 255 ? 5 : 2) : 9;
  if (value >= -128) return 2;
  return value > -(2 ** 31) + 1 ? 5 : 9;
}
