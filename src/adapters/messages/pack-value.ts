import * as z from "zod/mini";
import { abortedCall } from "../../call/deadline.js";
import { signedHydrateSchema } from "../../configure/call-schemas.js";
import { scope, signal } from "../../configure/fields.js";
import type { HydrateOptions } from "../../configure/options.js";
import { StorageError } from "../../errors/error.js";
import { timeToLive, type TimeToLive } from "../../configure/retention.js";
import type { StorageManager } from "../../manager/storage-manager.js";
import { parseOptions } from "../../options/parse-options.js";
import { isSmallPlainPayload } from "../../plan/small-payload.js";
import { validate } from "../../schemas/standard-schema.js";
import type { CallOptions } from "../../store/store.js";
import { escapeKey } from "../../reference/escape.js";
import { findReferences } from "../../reference/find-references.js";
import { envelopeOf, envelopeSize, isPackedValue, writeEnvelope, type Head } from "./envelope.js";
import { dehydrateKeeping, keptKeys } from "./kept-keys.js";

const DEFAULT_LIMIT = 262_144;

// What an envelope, and a reference in it, need in the worst case.
const MIN_LIMIT = 2048;

/** Options of {@link packValue}. */
export interface PackValueOptions extends CallOptions {
  /** Most bytes of JSON of a value that goes as it is, default `limit`. */
  over?: number | undefined;
  /** Most bytes of JSON of what is given, default 262144 (256 KiB), at least 2048. */
  limit?: number | undefined;
  /**
   * Top-level keys of an object that stay in it as they are, for what reads the envelope without opening it: a `Choice` state, a
   * filter. Default: those that are small.
   */
  keep?: readonly string[] | undefined;
  /** Who owns what is stored, as in {@link DehydrateOptions}; default a fresh id. */
  scope?: string | undefined;
  /** How long it lives, as in {@link DehydrateOptions}. */
  ttl?: TimeToLive | undefined;
}

const count = z.int().check(z.gte(0));
const schema = z.strictObject({
  over: z.optional(count),
  keep: z.optional(keptKeys),
  limit: z._default(z.int().check(z.gte(MIN_LIMIT)), DEFAULT_LIMIT),
  scope: z.optional(scope),
  ttl: z.optional(timeToLive),
  signal: z.optional(signal),
});

const ITEM: Head = { form: "json", size: Number.MAX_SAFE_INTEGER };
const NO_OPTIONS = Object.freeze({ limit: DEFAULT_LIMIT });

/**
 * Makes a value ready for an engine that keeps small JSON: workflow histories, step results, jobs. A value that fits goes as
 * it is, the same object, without I/O. Any other one becomes an envelope around what `dehydrate` gives, by which
 * {@link openValue} tells it from data: references in the value itself stay data.
 *
 * @throws {StorageError} `CONFIG_INVALID`; `LIMIT_EXCEEDED` when what `keep` names is too large; as `dehydrate` does
 *
 * @example
 * const text = JSON.stringify(await packValue(manager, result, { over: 4096, scope: scopePath(workflowId) }));
 * const result = await openValue(manager, JSON.parse(text));
 */
export async function packValue(manager: StorageManager, value: unknown, options?: PackValueOptions): Promise<unknown> {
  const call = options === undefined ? NO_OPTIONS : parseOptions(schema, options, "packValue");
  return packed(manager, value, call, isPackedValue(value));
}

/** How one value is packed: checked options, and what adapters say besides. */
export type Packing = Omit<z.output<typeof schema>, "signal"> & {
  readonly signal?: AbortSignal | undefined;
  /** Bytes of JSON that what is packed has at the most, besides what is kept; default `limit`. */
  readonly target?: number | undefined;
  /** References in the value are handed on. */
  readonly references?: "pass" | undefined;
  /** An array stays one, of items that are packed each for itself. */
  readonly isItemwise?: boolean | undefined;
};

/** The same with options that were checked. @param isMistakable whether the value as it is would be taken for a packed one */
export async function packed(
  manager: StorageManager,
  value: unknown,
  packing: Packing,
  isMistakable: boolean,
): Promise<unknown> {
  const { limit, over = limit, target = limit, keep, isItemwise, ...how } = packing;
  if (how.signal?.aborted === true) throw abortedCall("packValue", how.signal);
  const most = Math.min(over, limit);
  if (!isMistakable && isPlain(value, most)) return value;
  const size = sizeAsItIs(manager, value, most);
  if (size.fits && !isMistakable) return value;
  const head: Head = { form: "json", size: size.bytes };
  const heads = isItemwise === true && Array.isArray(value) ? value.length * envelopeSize(ITEM) : 0;
  const room = limit - envelopeSize(head) - heads;
  if (room < MIN_LIMIT / 2) return packed(manager, value, { ...packing, isItemwise: false }, isMistakable);
  // It fits, but looks like an envelope: nothing has to leave.
  const inline = size.fits && { maxInlineSize: room };
  // Items are to stay where they can be counted.
  const small = size.fits || heads > 0 ? room : Math.min(room, target);
  const keeping = { keep, room, target: small };
  const { ticket, copies } = await dehydrateKeeping(manager, value, keeping, { ...how, ...inline });
  if (heads > 0 && Array.isArray(ticket))
    return ticket.map((item, at) => packedItem(manager, item, (value as unknown[])[at]));
  return JSON.parse(writeEnvelope(head, ticket, copies)) as unknown;
}

/** An item by itself, in an envelope where it needs one. */
function packedItem(manager: StorageManager, ticket: unknown, item: unknown): unknown {
  const isData = findReferences(ticket, undefined, hasReservedKey).next().done === true;
  if (isData) return ticket;
  return JSON.parse(writeEnvelope({ form: "json", size: sizeAsItIs(manager, item, 0).bytes }, ticket)) as unknown;
}

function hasReservedKey(value: Readonly<Record<string, unknown>>): true | undefined {
  return Object.keys(value).some((key) => escapeKey(key) !== key) || undefined;
}

/**
 * Gives the value that {@link packValue} was given, as JSON has it; bytes come back as `Uint8Array`. What is no envelope comes
 * back as it is, the same object, without I/O.
 *
 * @param options as those of `hydrate`. Resolvers act only where they are asked for.
 * @throws {StorageError} as `hydrate` does; `UNSUPPORTED` for an envelope of a later release, `DECODE_FAILED` for a damaged one
 */
export async function openValue<T = unknown>(
  manager: StorageManager,
  value: unknown,
  options?: HydrateOptions<T>,
): Promise<T> {
  const call = options === undefined ? undefined : parseOptions(signedHydrateSchema, options, "openValue");
  if (isPackedValue(value)) {
    const { head, ticket } = envelopeOf(value);
    if (head.encoding !== undefined) throw isMessage();
    return manager.hydrate<T>(ticket, { ...options, resolvers: options?.resolvers ?? false });
  }
  if (call === undefined) return value as T;
  const { schema: asked, signal: callSignal } = call;
  if (callSignal?.aborted === true) throw abortedCall("openValue", callSignal);
  return (asked === undefined ? value : await validate(asked, value, "the schema of the call")) as T;
}

/** What to say of the value of a compressed message. */
export function isMessage(): StorageError {
  const message = "The value can't be opened: it is a message, whose body was compressed. Use MessageOffloader.unpack.";
  return new StorageError("UNSUPPORTED", message, { operation: "openValue" });
}

function isPlain(value: unknown, most: number): boolean {
  try {
    return isSmallPlainPayload(value, most);
  } catch {
    return false; // a getter or a proxy threw: dehydrate says where
  }
}

/** Whether a value fits as JSON has it: dates are texts there, and bytes and streams never fit. */
function sizeAsItIs(manager: StorageManager, value: unknown, most: number): { bytes: number; fits: boolean } {
  try {
    const sizes = { maxInlineSize: most, maxEnvelopeSize: Math.max(most, 1024) };
    const { size, entries } = manager.plan(value, sizes);
    return { bytes: size, fits: entries.length === 0 && size <= most };
  } catch {
    return { bytes: 0, fits: false }; // dehydrate fails in the same way, and ends the streams in the value
  }
}
