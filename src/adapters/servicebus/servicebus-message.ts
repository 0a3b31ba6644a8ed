import type { AttributeValue, Wire } from "../messages/wire.js";
import { writtenJson } from "../messages/written-json.js";

/** A value of an application property. */
type Property = string | number | boolean | Date | null;

/** A Service Bus message, to send or as received. */
export interface ServiceBusMessageLike {
  body: unknown;
  applicationProperties?: Readonly<Record<string, Property>> | undefined;
}

// Upper bounds for the names that the client gives to fields, and for the lists around the fields.
const FIELD_BYTES = 48;
const LISTS_BYTES = 64;
const DATE_BYTES = 16;

/**
 * Returns a message as Service Bus counts it. Fields such as `messageId` and `sessionId` are each counted at most one
 * name too long.
 */
export function countedMessage(message: ServiceBusMessageLike, body: string | Uint8Array): Wire {
  const attributes = new Map<string, AttributeValue>();
  let overhead = 0;
  const { applicationProperties = {}, ...fields } = message;
  for (const [name, value] of Object.entries(applicationProperties)) {
    if (value instanceof Date) overhead += DATE_BYTES + Buffer.byteLength(name);
    else attributes.set(name, value ?? false); // both are one byte
  }
  for (const [name, value] of Object.entries(fields)) {
    if (name !== "body" && value !== undefined) overhead += FIELD_BYTES + fieldBytes(value);
  }
  return { body, attributes, overhead: overhead === 0 ? 0 : overhead + LISTS_BYTES };
}

function fieldBytes(value: unknown): number {
  return Buffer.byteLength(value instanceof Uint8Array ? value : String(value));
}

/** Returns a body as the client writes it: bytes, or JSON. `undefined` if JSON can't represent the body. */
export function writtenBody(body: unknown): string | Uint8Array | undefined {
  return body instanceof Uint8Array ? body : writtenJson(body);
}

/** Returns a body as the client reads it: the parsed JSON, or else the bytes. */
export function readBody(body: string | Uint8Array): unknown {
  const bytes = Buffer.from(body as Uint8Array);
  try {
    return JSON.parse(bytes.toString()) as unknown;
  } catch {
    return bytes;
  }
}
