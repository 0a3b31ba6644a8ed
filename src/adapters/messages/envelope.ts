import { StorageError } from "../../errors/error.js";
import { isObject, isPlainObject } from "../../json/is-object.js";
import { isCount, isText } from "../../json/scalars.js";
import { isReference } from "../../reference/references-in.js";
import type { BodyForm } from "./body-form.js";

/*
 * How a packed message looks (wire format). Every packed body begins with PREFIX, and no other body is read as one.
 *
 *   {"$storageEnvelope":{…},"type":"order","doc":{"$storageRef":"…"}}   the keys of a JSON object stay where filters look
 *   {"$storageEnvelope":{…},"$storageBody":{"$storageRef":"…"}}        everything else, also as base64 with an encoding
 *   {"$storageEnvelope":{…}}\n…bytes…                                  bytes as they are, on brokers that take bytes
 *
 * Other keys beside $storageBody are copies for filters, which readers ignore.
 */

const ENVELOPE = "$storageEnvelope";
const BODY = "$storageBody";
const PREFIX = `{"${ENVELOPE}":`;
const PREFIX_BYTES = Buffer.from(PREFIX);
const NEWLINE = 10;
const VERSION = 1;

/** What an envelope says of the message. Readers ignore keys that they do not know. */
export interface Head {
  /** What the body was. */
  readonly form: BodyForm;
  /** Bytes of the body as it was. */
  readonly size: number;
  /** The codec that the body was compressed by, when it travels in the message. */
  readonly encoding?: string | undefined;
  /** Name of the attribute that was added, to be taken away again. */
  readonly hint?: string | undefined;
  /** The last part of the scope that the message has for itself. */
  readonly id?: string | undefined;
  /** Those who all have to acknowledge before its objects are deleted. */
  readonly consumers?: readonly string[] | undefined;
}

/** A packed body that was taken apart. */
export interface Envelope {
  readonly head: Head;
  /** What `hydrate` makes the body of; or the body itself, as bytes or base64, when the head names an encoding. */
  readonly ticket: unknown;
  /** Bytes that followed the head. */
  readonly raw: Uint8Array | undefined;
}

/** Whether a body begins as a packed one does. Looks at no more than that. */
export function isEnvelope(body: string | Uint8Array): boolean {
  if (typeof body === "string") return body.startsWith(PREFIX);
  return body.byteLength >= PREFIX_BYTES.byteLength && PREFIX_BYTES.every((byte, index) => body[index] === byte);
}

/** Whether the value of a JSON body is a packed one: for brokers and clients that hand over values. Its JSON is the body. */
export function isPackedValue(value: unknown): value is Readonly<Record<string, unknown>> {
  return isPlainObject(value) && Object.hasOwn(value, ENVELOPE);
}

/** The body of a packed value, also where a database has changed the order of its keys, as `jsonb` of PostgreSQL does. */
export function bodyOfPacked({ [ENVELOPE]: head, ...rest }: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({ [ENVELOPE]: head, ...rest });
}

/** Most bytes that an envelope takes, besides what is in it. */
export function envelopeSize(head: Head): number {
  return Buffer.byteLength(`${begin(head)},"${BODY}":}`);
}

/**
 * The text of a packed body.
 *
 * @param kept keys to be copied beside a body that left; without them, the keys of a JSON object stay its own
 */
export function writeEnvelope(head: Head, ticket: unknown, kept?: Readonly<Record<string, unknown>>): string {
  if (kept === undefined && isSpreadable(ticket)) return joined(head, JSON.stringify(ticket));
  // Behind the copies: an integer among their names would come first in JavaScript.
  const copies = kept === undefined ? "" : JSON.stringify(kept).slice(1, -1);
  return joined(head, `{${copies}${copies === "" ? "" : ","}"${BODY}":${JSON.stringify(ticket)}}`);
}

/** A packed body of bytes that are kept as they are. */
export function writeRawEnvelope(head: Head, raw: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from(`${begin(head)}}\n`), raw]);
}

/**
 * Takes a packed body apart.
 *
 * @throws {StorageError} `DECODE_FAILED` for what no envelope is, `UNSUPPORTED` for one of a later version
 */
export function readEnvelope(body: string | Uint8Array): Envelope {
  const end = typeof body === "string" ? -1 : body.indexOf(NEWLINE);
  const text = typeof body === "string" ? body : toText(end === -1 ? body : body.subarray(0, end));
  return envelopeOf(parse(text), end === -1 ? undefined : (body as Uint8Array).subarray(end + 1));
}

/** The same of a packed value. @throws {StorageError} as {@link readEnvelope} does */
export function envelopeOf(value: Readonly<Record<string, unknown>>, raw?: Uint8Array): Envelope {
  const { [ENVELOPE]: head, ...rest } = value;
  return { head: checkedHead(head), ticket: Object.hasOwn(rest, BODY) ? rest[BODY] : rest, raw };
}

/**
 * The keys that stand beside a body that left whole: copies for filters, or what was put there since. `undefined` where the keys
 * of the envelope are the value's own.
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

// JavaScript puts integer keys first: who writes the JSON again must not put one before the prefix.
const INTEGER = /^\d+$/;

/** Whether the keys of what `dehydrate` gave can be those of the envelope. */
export function isSpreadable(ticket: unknown): ticket is Readonly<Record<string, unknown>> {
  if (!isPlainObject(ticket) || isReference(ticket)) return false;
  if (Object.hasOwn(ticket, ENVELOPE) || Object.hasOwn(ticket, BODY)) return false;
  const [first] = Object.keys(ticket);
  return first === undefined || !INTEGER.test(first);
}

function toText(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString();
}

function parse(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>; // an object: it begins as one
  } catch {
    throw undecodable("its text is not JSON");
  }
}

function checkedHead(head: unknown): Head {
  if (!isObject(head)) throw undecodable("it has no head");
  if (head["v"] !== VERSION) {
    throw new StorageError(
      "UNSUPPORTED",
      `The message can't be opened: its envelope is not of version ${VERSION}. A later release of this library wrote it, or another one.`,
      { operation: "unpack" },
    );
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
  return new StorageError("DECODE_FAILED", `The message can't be opened: its envelope is damaged, ${problem}.`, {
    operation: "unpack",
  });
}
