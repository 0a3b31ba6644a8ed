import type { StorageError } from "../../errors/error.js";
import { isObject, isPlainObject } from "../../json/is-object.js";
import { isCount, isText } from "../../json/scalars.js";
import { isReference } from "../../reference/references-in.js";
import { bufferOf, textOf, type BodyForm } from "./body-form.js";
import { cannotOpen } from "./message-error.js";

/*
 * Wire format of packed messages. Every packed body begins with PREFIX, and no other body is read as packed.
 *
 * ```
 * {"$storageEnvelope":{…},"type":"order","doc":{"$storageRef":"…"}}   the keys of a JSON object stay where filters look
 * {"$storageEnvelope":{…},"$storageBody":{"$storageRef":"…"}}        everything else, also as base64 with an encoding
 * {"$storageEnvelope":{…}}\n…bytes…                                  bytes as they are, on brokers that take bytes
 * ```
 *
 * Other keys next to $storageBody are copies for filters. Readers ignore them.
 */

const ENVELOPE = "$storageEnvelope";
const BODY = "$storageBody";
const PREFIX = `{"${ENVELOPE}":`;
const PREFIX_BYTES = Buffer.from(PREFIX);
const NEWLINE = 10;
const VERSION = 1;

/** Description of the message in an envelope. Readers ignore unknown keys. */
export interface Head {
  /** Form of the original body. */
  readonly form: BodyForm;
  /** Bytes of the original body. */
  readonly size: number;
  /** Codec of a compressed body that travels in the message. */
  readonly encoding?: string | undefined;
  /** Name of the attribute that packing added. Opening removes it. */
  readonly hint?: string | undefined;
  /** Last part of the message's own scope. */
  readonly id?: string | undefined;
  /** Consumers that must all acknowledge before the objects are deleted. */
  readonly consumers?: readonly string[] | undefined;
}

/** A parsed packed body. */
export interface Envelope {
  readonly head: Head;
  /** Input for `hydrate`, which returns the body. With an encoding, the compressed body itself, as bytes or base64. */
  readonly ticket: unknown;
  /** Bytes after the head. */
  readonly raw: Uint8Array | undefined;
}

/** Says whether a body begins like a packed one. Reads only the beginning. */
export function isEnvelope(body: string | Uint8Array): boolean {
  if (typeof body === "string") return body.startsWith(PREFIX);
  return body.byteLength >= PREFIX_BYTES.byteLength && PREFIX_BYTES.every((byte, index) => body[index] === byte);
}

/**
 * Says whether a parsed JSON body is packed, for brokers and clients that hand over values. The value's JSON is the
 * packed body.
 */
export function isPackedValue(value: unknown): value is Readonly<Record<string, unknown>> {
  return isPlainObject(value) && Object.hasOwn(value, ENVELOPE);
}

/** Parses a JSON body that may hold the key of an envelope, at any place and with any escapes. */
export function valueWithKey(body: string | Uint8Array): unknown {
  const text = typeof body === "string" ? body : bufferOf(body);
  if (!text.includes(ENVELOPE) && !text.includes("\\u")) return undefined;
  try {
    return JSON.parse(text.toString()) as unknown; // clients parse bytes that are not UTF-8, too
  } catch {
    return undefined;
  }
}

/**
 * Returns the body of a packed value. The order of keys does not matter, since databases may change it, as
 * PostgreSQL's `jsonb` does.
 */
export function bodyOfPacked({ [ENVELOPE]: head, ...rest }: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({ [ENVELOPE]: head, ...rest });
}

/** Returns the most bytes that an envelope takes, without its content. */
export function envelopeSize(head: Head): number {
  return Buffer.byteLength(`${begin(head)},"${BODY}":}`);
}

/**
 * Writes a packed body.
 *
 * @param kept keys to copy next to a body that left; without them, the keys of a JSON object stay in place
 */
export function writeEnvelope(head: Head, ticket: unknown, kept?: Readonly<Record<string, unknown>>): string {
  if (kept === undefined && isSpreadable(ticket)) return joined(head, JSON.stringify(ticket));
  // After the copies. JavaScript would otherwise put integer names among the copies first.
  const copies = kept === undefined ? "" : JSON.stringify(kept).slice(1, -1);
  return joined(head, `{${copies}${copies === "" ? "" : ","}"${BODY}":${JSON.stringify(ticket)}}`);
}

/** Writes a packed body of unchanged bytes. */
export function writeRawEnvelope(head: Head, raw: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from(`${begin(head)}}\n`), raw]);
}

/**
 * Parses a packed body.
 *
 * @throws {StorageError} `DECODE_FAILED` for a body without a valid envelope, `UNSUPPORTED` for an unknown version
 */
export function readEnvelope(body: string | Uint8Array): Envelope {
  const end = typeof body === "string" ? -1 : body.indexOf(NEWLINE);
  const text = typeof body === "string" ? body : textOf(end === -1 ? body : body.subarray(0, end));
  return envelopeOf(parse(text), end === -1 ? undefined : (body as Uint8Array).subarray(end + 1));
}

/** Parses a packed value. @throws {StorageError} as {@link readEnvelope} does */
export function envelopeOf(value: Readonly<Record<string, unknown>>, raw?: Uint8Array): Envelope {
  const { [ENVELOPE]: head, ...rest } = value;
  return { head: checkedHead(head), ticket: Object.hasOwn(rest, BODY) ? rest[BODY] : rest, raw };
}

/**
 * Returns the keys next to a body that left as a whole. They are copies for filters, or were added later. `undefined`
 * if the keys of the envelope are the value's own.
 */
export function besideBody(value: Readonly<Record<string, unknown>>): Record<string, unknown> | undefined {
  if (!Object.hasOwn(value, BODY)) return undefined;
  return Object.fromEntries(Object.entries(value).filter(([key]) => key !== ENVELOPE && key !== BODY));
}

function begin({ form, size, encoding, hint, id, consumers }: Head): string {
  return `${PREFIX}${JSON.stringify({ v: VERSION, form, size, encoding, hint, id, consumers })}`;
}

function joined(head: Head, json: string): string {
  return json === "{}" ? `${begin(head)}}` : `${begin(head)},${json.slice(1)}`;
}

// JavaScript puts integer keys first. When a program writes the JSON again, no integer key may come before the
// prefix.
const INTEGER = /^\d+$/;

/** Says whether the keys of a ticket from `dehydrate` can be keys of the envelope. */
export function isSpreadable(ticket: unknown): ticket is Readonly<Record<string, unknown>> {
  if (!isPlainObject(ticket) || isReference(ticket)) return false;
  if (Object.hasOwn(ticket, ENVELOPE) || Object.hasOwn(ticket, BODY)) return false;
  const [first] = Object.keys(ticket);
  return first === undefined || !INTEGER.test(first);
}

function parse(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>; // an object, since the text begins with a brace
  } catch {
    throw undecodable("its text is not JSON");
  }
}

function checkedHead(head: unknown): Head {
  if (!isObject(head)) throw undecodable("it has no head");
  if (head["v"] !== VERSION) {
    const reason = "A later release of this library wrote it, or another one";
    throw cannotOpen("UNSUPPORTED", `its envelope is not of version ${VERSION}. ${reason}`);
  }
  const { form, size, encoding, hint, id, consumers } = head;
  const isGood =
    (form === "json" || form === "text" || form === "binary") &&
    isCount(size) &&
    [encoding, hint, id].every((field) => field === undefined || isText(field)) &&
    (consumers === undefined || (Array.isArray(consumers) && consumers.every(isText)));
  if (!isGood) throw undecodable("its head is not valid");
  return head as unknown as Head;
}

function undecodable(problem: string): StorageError {
  return cannotOpen("DECODE_FAILED", `its envelope is damaged, ${problem}`);
}
