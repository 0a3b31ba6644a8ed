import type { AttributeValue, Wire } from "../messages/wire.js";

type HeaderValue = Uint8Array | string | null | undefined;

/** Headers of a message. */
export type KafkaHeaders = Readonly<Record<string, HeaderValue | HeaderValue[]>>;

/** A message as kafkajs and Confluent's client send and receive it. */
export interface KafkaMessageLike {
  key?: Uint8Array | string | null | undefined;
  value: Uint8Array | string | null;
  headers?: KafkaHeaders | undefined;
}

// Two lengths, of at most five bytes each.
const MOST_LENGTHS = 10;

/**
 * Returns a message as Kafka counts it. For a header with several values, each value after the first is counted at
 * most a few bytes too long.
 */
export function countedMessage({ key, headers = {} }: KafkaMessageLike, body: Uint8Array | string): Wire {
  const attributes = new Map<string, AttributeValue>();
  let overhead = 0;
  for (const [name, given] of Object.entries(headers)) {
    const [first, ...others] = Array.isArray(given) ? given : [given];
    attributes.set(name, first ?? "");
    for (const other of others) overhead += MOST_LENGTHS + Buffer.byteLength(name) + Buffer.byteLength(other ?? "");
  }
  return { body, attributes, key: key ?? undefined, overhead };
}

/**
 * Returns the headers of a packed or opened message. Given headers stay, unless they are gone from the message. Added
 * headers are included.
 */
export function writtenHeaders(given: KafkaHeaders | undefined, left: Wire["attributes"]): KafkaHeaders | undefined {
  if (given === undefined && left.size === 0) return undefined;
  const entries = [...left].map(([name, value]) => {
    const isGiven = given !== undefined && Object.hasOwn(given, name);
    return [name, isGiven ? given[name] : typeof value === "number" ? String(value) : (value as HeaderValue)] as const;
  });
  return Object.fromEntries(entries);
}
