import type { AttributeValue, Wire } from "../messages/wire.js";

/** Headers of NATS, in the form of its clients. */
export type NatsHeaders = Iterable<[string, string[]]>;

/** Options of a message, as far as they matter here. `JetStreamPublishOptions` fits this type. */
export interface NatsPublishOptions {
  headers?: NatsHeaders | undefined;
  msgID?: string | undefined;
  expect?: object | undefined;
  ttl?: string | undefined;
  retries?: number | undefined;
}

// Bytes at the beginning and end of a header block.
const HEAD_BYTES = "NATS/1.0\r\n\r\n".length;
// Upper bound for the names that the client gives to options, with the separators after a name.
const NAME_BYTES = 48;
const NO_HEADERS = new Set(["headers", "timeout", "retries"]);

/**
 * Returns a message as NATS counts it. The client makes headers of options, such as `msgID` and `expect`. Each of
 * these is counted at most one name too long.
 */
export function countedMessage(body: string | Uint8Array, options: NatsPublishOptions): Wire {
  const attributes = new Map<string, AttributeValue>();
  let overhead = 0;
  for (const [name, [first = "", ...others]] of options.headers ?? []) {
    attributes.set(name, first);
    for (const other of others) overhead += Buffer.byteLength(`${name}: ${other}\r\n`);
  }
  for (const [name, value] of Object.entries(options)) {
    if (!NO_HEADERS.has(name)) overhead += optionBytes(value);
  }
  if (attributes.size === 0 && overhead > 0) overhead += HEAD_BYTES;
  return { body, attributes, overhead };
}

/** Returns a received message as a wire message. */
export function receivedMessage({ data, headers }: { data: Uint8Array; headers?: NatsHeaders | undefined }): Wire {
  const attributes = new Map<string, AttributeValue>();
  for (const [name, [first = ""]] of headers ?? []) attributes.set(name, first);
  return { body: data, attributes };
}

function optionBytes(value: unknown): number {
  if (typeof value !== "object" || value === null) return NAME_BYTES + Buffer.byteLength(String(value));
  // The client writes a time as text.
  if (value instanceof Date) return NAME_BYTES * 2;
  return Object.values(value).reduce((size: number, one) => size + optionBytes(one), NAME_BYTES);
}
