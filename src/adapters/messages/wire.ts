/** An attribute with a named type that the broker counts, such as `Number.int` of SQS. */
export interface TypedAttribute {
  readonly type: string;
  readonly value: string | Uint8Array;
}

/** Value of an attribute, header or property of a message. */
export type AttributeValue = string | Uint8Array | number | boolean | TypedAttribute;

/** A message as a broker counts it. */
export interface Wire {
  /** The body. `pack` and `unpack` keep its kind: text stays text, bytes stay bytes. */
  readonly body: string | Uint8Array;
  /** Attributes, headers or properties by name. */
  readonly attributes: ReadonlyMap<string, AttributeValue>;
  /** The key or topic, if the broker counts it: Kafka's key, Kinesis's partition key, or MQTT's topic. */
  readonly key?: string | Uint8Array | undefined;
  /** Other bytes that the broker counts, such as those of properties that are not attributes. Default 0. */
  readonly overhead?: number | undefined;
}

/** Returns the length of bytes, or of a text in UTF-8. */
export function byteLength(value: string | Uint8Array): number {
  return typeof value === "string" ? Buffer.byteLength(value) : value.byteLength;
}

/** Returns the text or bytes as which an attribute is written. */
export function writtenValue(value: AttributeValue): string | Uint8Array {
  if (typeof value === "string" || value instanceof Uint8Array) return value;
  return typeof value === "object" ? value.value : String(value);
}

/** Returns the bytes of an attribute's value. */
export function valueBytes(value: AttributeValue): number {
  return byteLength(writtenValue(value));
}

/** Returns the bytes of all names and values. */
export function attributeBytes(attributes: Wire["attributes"]): number {
  let size = 0;
  for (const [name, value] of attributes) size += byteLength(name) + valueBytes(value);
  return size;
}
