import type { DehydrateOptions } from "../../configure/options.js";
import { StorageError } from "../../errors/error.js";
import { isPlainObject } from "../../json/is-object.js";
import { isReference, referencesIn } from "../../reference/references-in.js";
import { bufferOf, formOf, jsonIn, type FormedBody } from "./body-form.js";
import { compressBody } from "./compressed-body.js";
import { asData, safeForm } from "./data-alone.js";
import { envelopeSize, writeEnvelope, writeRawEnvelope, type Head } from "./envelope.js";
import { cannotPack } from "./message-error.js";
import type { MessageFormat } from "./message-format.js";
import { isMistakable } from "./mistakable.js";
import type { OffloaderSettings } from "./options.js";
import type { Packed } from "./packed.js";
import { plannedTicket } from "./planned-ticket.js";
import { byteLength, type Wire } from "./wire.js";

// Least room for a body: one reference, in the worst case.
const MIN_ROOM = 1024;

// Some brokers need more bytes for the length of a longer body.
const LENGTH_SLACK = 16;

// Limits under which nothing is offloaded.
const WHOLE = { maxInlineSize: Number.MAX_SAFE_INTEGER, maxEnvelopeSize: Number.MAX_SAFE_INTEGER };

/** Scope and limits for packing one message. */
export interface PackCall {
  readonly scope: string;
  /** Last part of a scope that belongs to this message alone. */
  readonly id: string | undefined;
  readonly limit: number;
  readonly signal: AbortSignal | undefined;
}

/** A message while it is packed. */
interface Draft {
  /** The message with the hint and the original body. */
  readonly message: Wire;
  readonly head: Head;
  /** Most bytes of the JSON in the envelope. */
  readonly room: number;
}

/**
 * Packs a message that can't be sent as it is. If its body fits when compressed, the body travels compressed.
 * Otherwise the message gets references to stored objects.
 *
 * @throws {StorageError} `LIMIT_EXCEEDED`, before any I/O, if the attributes leave too little room; the errors of
 *   `dehydrate`
 */
export async function packMessage(message: Wire, settings: OffloaderSettings, call: PackCall): Promise<Packed> {
  const draft = draftOf(message, settings, call);
  const inline = settings.format === undefined ? await inlineMessage(draft, settings, call) : undefined;
  return inline ?? (await offload(draft, settings, call));
}

function draftOf(message: Wire, settings: OffloaderSettings, { id, limit }: PackCall): Draft {
  const { rules, hint, format, retention } = settings;
  const size = byteLength(message.body);
  const consumers = typeof retention === "object" ? retention.consumers : undefined;
  const form = typeof message.body === "string" ? "text" : "binary";
  const plain = { message, head: { form, size, id, consumers } } as const;
  const roomOf = (draft: Omit<Draft, "room">): Draft => {
    const room = limit - rules.size({ ...draft.message, body: "" }) - envelopeSize(draft.head) - LENGTH_SLACK;
    return { ...draft, room: Math.min(room, Number.MAX_SAFE_INTEGER) };
  };
  if (hint !== false && format === undefined && takesHint(message, hint, rules.maxAttributes)) {
    const attributes = new Map([...message.attributes, [hint, size]]);
    const hinted = roomOf({ message: { ...message, attributes }, head: { ...plain.head, hint } });
    if (hinted.room >= MIN_ROOM) return hinted;
  }
  const draft = roomOf(plain);
  if (draft.room < MIN_ROOM) throw noRoom(rules.name, rules.size({ ...message, body: "" }), limit);
  return draft;
}

function takesHint({ attributes }: Wire, hint: string, maxAttributes = Number.POSITIVE_INFINITY): boolean {
  return attributes.size < maxAttributes && !attributes.has(hint);
}

/**
 * Packs a message without storing an object. Works for bodies that fit when compressed, and for bodies that only look
 * like an envelope.
 */
async function inlineMessage(
  { message, head }: Draft,
  settings: OffloaderSettings,
  { limit, signal }: PackCall,
): Promise<Packed | undefined> {
  const { rules, compress, over = limit } = settings;
  const { body } = message;
  const own = { ...head, id: undefined, consumers: undefined };
  const fits = (packed: Wire): boolean => rules.size(packed) <= Math.min(over, limit);
  if (typeof body !== "string" && isMistakable(message, rules)) {
    const raw = { ...message, body: writeRawEnvelope(own, body) };
    if (rules.size(raw) <= limit && byteLength(body) <= over) return packed(raw, settings);
  }
  const bytes = compress === undefined ? undefined : await compressBody(body, compress, signal);
  if (bytes === undefined) return undefined;
  const compressed = { ...own, encoding: compress!.name };
  const kept = settings.keep === undefined ? undefined : keptOf(formOf(body), settings);
  const inline =
    typeof body === "string"
      ? writeEnvelope(compressed, bufferOf(bytes).toString("base64"), kept)
      : writeRawEnvelope(compressed, bytes);
  const result = { ...message, body: inline };
  return fits(result) ? packed(result, settings) : undefined;
}

async function offload(draft: Draft, settings: OffloaderSettings, call: PackCall): Promise<Packed> {
  const { manager, format, ttl, timeout, rules } = settings;
  const { message, head } = draft;
  assertTravels(message, head.size, settings, call);
  const formed = format?.whole === true ? wholeBody(message, format) : formOf(message.body);
  const kept = format === undefined ? keptOf(formed, settings) : undefined;
  const body = safeForm(formed, message.body, manager);
  const options = {
    ...asData(manager),
    scope: call.scope,
    maxEnvelopeSize: draft.room,
    // The body fits but looks like an envelope, so nothing has to leave.
    ...(isMistakable(message, rules) && { maxInlineSize: draft.room }),
    ...(ttl !== undefined && { ttl }),
    ...(timeout !== undefined && { timeout }),
    ...(call.signal !== undefined && { signal: call.signal }),
  };
  const loses = kept !== undefined && (body.form !== "json" || losesAny(kept, body.value, settings, options));
  const copies = loses ? kept : undefined;
  if (copies !== undefined) {
    options.maxEnvelopeSize -= byteLength(JSON.stringify(copies));
    if (options.maxEnvelopeSize < MIN_ROOM) throw noRoom(rules.name, byteLength(JSON.stringify(copies)), call.limit);
  }
  const ticket = await manager.dehydrate(body.value, options);
  const written =
    format === undefined
      ? { ...message, body: asBody(writeEnvelope({ ...head, form: body.form }, ticket, copies), message) }
      : { ...message, ...(await orDiscarded(() => format.write(ticket, message, head.size), settings, call)) };
  const hasLeft = referencesIn(ticket).next().done !== true;
  const result = packed(written, settings, hasLeft ? call : undefined);
  if (result.size <= call.limit) return result;
  await result.discard();
  throw new StorageError(
    "LIMIT_EXCEEDED",
    `The packed message counts ${result.size} bytes, and ${rules.name} takes ${call.limit}: the format ${format?.name ?? ""} or an attribute is too large.`,
    { operation: "pack" },
  );
}

function wholeBody(message: Wire, format: MessageFormat): FormedBody {
  const payload = format.payload?.(message);
  const { body } = payload ?? message;
  const contentType = payload?.contentType;
  if (typeof body === "string" && !body.isWellFormed()) {
    throw cannotPack("UNSERIALIZABLE", `its text has a lone surrogate, and the format ${format.name} stores UTF-8`);
  }
  const bytes = typeof body === "string" ? Buffer.from(body) : body;
  return { form: "binary", value: contentType === undefined ? bytes : new Blob([bytes], { type: contentType }) };
}

/**
 * Refuses a message that would be too big with the format's additions, before anything is stored.
 *
 * @throws {StorageError} `LIMIT_EXCEEDED`
 */
function assertTravels(message: Wire, size: number, settings: OffloaderSettings, { scope, limit }: PackCall): void {
  const { format, rules } = settings;
  if (format === undefined) return;
  const ticket = plannedTicket(settings, scope);
  if (!isReference(ticket)) return;
  const written = { ...message, ...format.write(ticket, message, size) };
  const { maxAttributes = Number.POSITIVE_INFINITY } = rules;
  if (rules.size(written) <= limit && written.attributes.size <= maxAttributes) return;
  throw new StorageError(
    "LIMIT_EXCEEDED",
    `The packed message would count ${rules.size(written)} bytes with ${written.attributes.size} attributes, those of the ` +
      `format ${format.name} among them, which is more than ${rules.name} takes.`,
    { operation: "pack" },
  );
}

function asBody(text: string, { body }: Wire): string | Uint8Array {
  return typeof body === "string" ? text : Buffer.from(text);
}

/**
 * Returns the keys of a JSON object that must stay, escaped as data. Readers of merged values also look into the keys
 * beside a body.
 */
function keptOf(
  { form, value: formed }: FormedBody,
  { keep, manager }: OffloaderSettings,
): Record<string, unknown> | undefined {
  if (keep === undefined) return undefined;
  // Filters read the parsed JSON, so its spaces don't matter.
  const value = form === "json" ? formed : jsonIn(formed as string | Uint8Array);
  if (!isPlainObject(value)) return undefined;
  const names = keep.filter((name) => Object.hasOwn(value, name));
  if (names.length === 0) return undefined;
  const kept = Object.fromEntries(names.map((name) => [name, value[name]]));
  return manager.plan(kept, { ...asData(manager), ...WHOLE }).value as Record<string, unknown>;
}

/** Says whether dehydration would store a key that must stay, or a part of it. */
function losesAny(
  kept: Readonly<Record<string, unknown>>,
  value: unknown,
  { manager }: OffloaderSettings,
  options: DehydrateOptions,
): boolean {
  return manager
    .plan(value, options)
    .entries.some(({ path: [key] }) => key === undefined || Object.hasOwn(kept, String(key)));
}

function packed(message: Wire, { manager, rules }: OffloaderSettings, call?: PackCall): Packed {
  return {
    ...message,
    offloaded: call !== undefined,
    size: rules.size(message),
    ...(call !== undefined && { scope: call.scope }),
    discard: async () => {
      if (call?.id !== undefined) await manager.release(call.scope);
    },
  };
}

/** Runs the format's `write`. If it fails, the stored objects are deleted. */
async function orDiscarded<T>(write: () => T, { manager }: OffloaderSettings, { id, scope }: PackCall): Promise<T> {
  try {
    return write();
  } catch (error) {
    if (id !== undefined) await manager.release(scope);
    throw error;
  }
}

function noRoom(broker: string, taken: number, limit: number): StorageError {
  return cannotPack(
    "LIMIT_EXCEEDED",
    `what has to stay in it, its attributes above all, counts ${taken} of the ${limit} bytes that ${broker} takes, and a ` +
      `body needs ${MIN_ROOM} and its envelope. Make the attributes smaller, or raise limit`,
  );
}
