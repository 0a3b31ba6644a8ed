import { isUtf8 } from "node:buffer";
import { isObject } from "../../json/is-object.js";
import { bufferOf, textOf } from "./body-form.js";
import { decompressBody } from "./compressed-body.js";
import type { Codec } from "../../codecs/codec.js";
import { readEnvelope, type Envelope } from "./envelope.js";
import { cannotOpen } from "./message-error.js";
import type { MessageFormat } from "./message-format.js";
import type { OffloaderSettings } from "./options.js";
import { byteLength, type Wire } from "./wire.js";

/** A message as it was before packing. */
export interface Opened extends Wire {
  /** Whether the message was packed. */
  readonly offloaded: boolean;
}

/** Settings to open one message. */
export interface OpenCall {
  readonly signal: AbortSignal | undefined;
  readonly codecs: ReadonlyMap<string, Codec>;
}

/**
 * Opens a message in the native envelope.
 *
 * @throws {StorageError} as `hydrate` does; `DECODE_FAILED`, `UNSUPPORTED`, `INTEGRITY` for messages that `pack` does
 *   not write
 */
export async function openMessage(message: Wire, settings: OffloaderSettings, call: OpenCall): Promise<Opened> {
  const envelope = readEnvelope(message.body);
  const { head } = envelope;
  const body = await bodyOf(envelope, settings, call);
  if (byteLength(body) !== head.size) {
    throw cannotOpen("INTEGRITY", `its body has ${byteLength(body)} bytes, and its envelope says ${head.size}`);
  }
  return { ...message, body: asDelivered(body, message), attributes: withoutHint(message, head.hint), offloaded: true };
}

/** Opens a message in the format of another library. */
export async function openForeign(
  message: Wire,
  format: MessageFormat,
  { manager, maxBytes, timeout }: OffloaderSettings,
  { signal }: OpenCall,
): Promise<Opened> {
  const options = hydrateOptions(maxBytes, timeout, signal);
  const restored = format.restore?.(message) ?? message;
  const opened =
    format.open === undefined
      ? await manager.hydrate(format.read(message), options)
      : await format.open(message, manager, options);
  if (format.open !== undefined && isWire(opened)) {
    return { ...restored, ...opened, body: foreignBody(opened.body, message), offloaded: true };
  }
  const isBody = typeof opened === "string" || opened instanceof Uint8Array;
  return { ...restored, body: foreignBody(isBody ? opened : JSON.stringify(opened), message), offloaded: true };
}

function isWire(opened: unknown): opened is Wire {
  return isObject(opened) && !(opened instanceof Uint8Array) && "body" in opened;
}

/** Converts a body to the kind that was delivered. Other libraries store bytes, also for a text. */
function foreignBody(body: string | Uint8Array, message: Wire): string | Uint8Array {
  if (typeof body === "string" || typeof message.body !== "string") return asDelivered(body, message);
  if (isUtf8(body)) return textOf(body);
  throw cannotOpen("DECODE_FAILED", "it is of text, and its body has no UTF-8");
}

async function bodyOf(
  { head, ticket, raw }: Envelope,
  { manager, maxBytes, timeout }: OffloaderSettings,
  { signal, codecs }: OpenCall,
): Promise<string | Uint8Array> {
  if (head.encoding !== undefined) return decompressBody(head, raw ?? ticket, codecs, { maxBytes, signal });
  if (raw !== undefined) return raw;
  const value = await manager.hydrate(ticket, hydrateOptions(maxBytes, timeout, signal));
  if (head.form === "json") return JSON.stringify(value);
  if (head.form === "text" ? typeof value === "string" : value instanceof Uint8Array) return value as string;
  throw cannotOpen("DECODE_FAILED", `its body is not of the form ${head.form}`);
}

/**
 * Converts a body to the kind that was delivered, text or bytes. Bytes that were packed on a broker of bytes stay
 * bytes. A text that can't be encoded as UTF-8 stays text.
 */
function asDelivered(body: string | Uint8Array, { body: delivered }: Wire): string | Uint8Array {
  if (typeof body === "string") {
    return typeof delivered === "string" || !body.isWellFormed() ? body : Buffer.from(body);
  }
  // Clients deliver Buffers, and programs use their methods.
  return Buffer.isBuffer(delivered) ? bufferOf(body) : body;
}

function withoutHint({ attributes }: Wire, hint: string | undefined): Wire["attributes"] {
  if (hint === undefined || !attributes.has(hint)) return attributes;
  const own = new Map(attributes);
  own.delete(hint);
  return own;
}

// Packing escapes the sender's data. A resolver's key in the message therefore comes from somebody else.
function hydrateOptions(maxBytes: number, timeout: number | undefined, signal: AbortSignal | undefined) {
  return {
    maxBytes,
    resolvers: false,
    ...(timeout !== undefined && { timeout }),
    ...(signal !== undefined && { signal }),
  };
}
