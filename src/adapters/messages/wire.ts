/** An attribute whose type has a name that the broker counts, such as `Number.int` of SQS. */
export interface TypedAttribute {
  readonly type: string;
  readonly value: string | Uint8Array;
}

/** What an attribute, header or property of a message holds. */
export type AttributeValue = string | Uint8Array | number | boolean | TypedAttribute;

/** A message as a broker carries it: what it counts, and nothing else. */
export interface Wire {
  /** The body. What `pack` and `unpack` give is of the same kind: text stays text, bytes stay bytes. */
  readonly body: string | Uint8Array;
  /** Attributes, headers or properties by name. */
  readonly attributes: ReadonlyMap<string, AttributeValue>;
  /** The key or topic, where the broker counts it: the key of Kafka, the partition key of Kinesis, the topic of MQTT. */
  readonly key?: string | Uint8Array | undefined;
  /** Bytes that the broker counts besides, such as those of properties that are no attributes. Default 0. */
  readonly overhead?: number | undefined;
}

/** Bytes of UTF-8, or of the bytes themselves. */
export function byteLength(value: string | Uint8Array): number {
  return typeof value === "string" ? Buffer.byteLength(value) : value.byteLength;
}

/** The text or bytes that an attribute is written as. */
export function writtenValue(value: AttributeValue): string | Uint8Array {
  if (typeof value === "string" || value instanceof Uint8Array) return value;
  return typeof value === "object" ? value.value : String(value);
}

/** Bytes of an attribute's value. */
export function valueBytes(value: AttributeValue): number {
  return byteLength(writtenValue(value));
}

/** Bytes of names and values. */
export function attributeBytes(attributes: Wire["attributes"]): number {
  let size = 0;
  for (const [name, value] of attributes) size += byteLength(name) + valueBytes(value);
  return size;
}
