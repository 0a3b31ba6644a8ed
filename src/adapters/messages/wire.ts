import { StorageError } from "../../errors/error.js";
import { isObject } from "../../json/is-object.js";
import { hasMethods } from "../../options/fields.js";

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

/** A message without anything in it. */
export const NOTHING: Wire = { body: "", attributes: new Map() };

/**
 * Refuses what is no message.
 *
 * @param operation the call that got it
 * @throws {StorageError} `CONFIG_INVALID`
 */
export function assertWire(message: unknown, operation: string): asserts message is Wire {
  const { body, attributes } = isObject(message) ? message : {};
  const isBody = typeof body === "string" || ArrayBuffer.isView(body); // bytes of any realm
  if (isBody && hasMethods("get", "entries")(attributes)) return;
  const problem = isBody ? "attributes must be a Map" : "body must be a string or a Uint8Array";
  const text = `The message can't be used: its ${problem}.`;
  throw new StorageError("CONFIG_INVALID", text, { operation });
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
