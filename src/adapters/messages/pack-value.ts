import * as z from "zod/mini";
import { abortedCall } from "../../call/deadline.js";
import { signedHydrateSchema } from "../../configure/call-schemas.js";
import { scope, signal } from "../../configure/fields.js";
import type { HydrateOptions } from "../../configure/options.js";
import { StorageError } from "../../errors/error.js";
import { timeToLive, type TimeToLive } from "../../configure/retention.js";
import type { StorageManager } from "../../manager/storage-manager.js";
import { parseOptions } from "../../options/parse-options.js";
import { isPlainObject } from "../../json/is-object.js";
import { isSmallPlainPayload } from "../../plan/small-payload.js";
import { validate } from "../../schemas/standard-schema.js";
import type { CallOptions } from "../../store/store.js";
import { envelopeOf, envelopeSize, isPackedValue, writeEnvelope, type Head } from "./envelope.js";

const DEFAULT_LIMIT = 262_144;

// What an envelope, and a reference in it, need in the worst case.
const MIN_LIMIT = 2048;

/** Options of {@link packValue}. */
export interface PackValueOptions extends CallOptions {
  /** Most bytes of JSON of a value that goes as it is, default `limit`. */
  over?: number | undefined;
  /** Most bytes of JSON of what is given, default 262144 (256 KiB), at least 2048. */
  limit?: number | undefined;
  /** Top-level keys of an object that stay as they are, for filters of engines. Default: those that are small. */
  keep?: readonly string[] | undefined;
  /** Who owns what is stored, as in {@link DehydrateOptions}; default a fresh id. */
  scope?: string | undefined;
  /** How long it lives, as in {@link DehydrateOptions}. */
  ttl?: TimeToLive | undefined;
}

// A copy that a reader ignores must be told from the keys of the envelope, and must not come first in an object.
/** Name of a key that stays. */
export const kept = z
  .string()
  .check(z.refine((key) => !key.startsWith("$") && !/^\d+$/.test(key), 'must not begin with "$" or be an integer'));
const count = z.int().check(z.gte(0));
const schema = z.strictObject({
  over: z.optional(count),
  keep: z.optional(z.array(kept)),
  limit: z._default(z.int().check(z.gte(MIN_LIMIT)), DEFAULT_LIMIT),
  scope: z.optional(scope),
  ttl: z.optional(timeToLive),
  signal: z.optional(signal),
});

const NO_OPTIONS = Object.freeze({ limit: DEFAULT_LIMIT });

/**
 * Makes a value ready for an engine that keeps small JSON: workflow histories, step results, jobs. A value that fits goes as
 * it is, the same object, without I/O. Any other one becomes an envelope around what `dehydrate` gives, by which
 * {@link openValue} tells it from data: references in the value itself stay data.
 *
 * @throws {StorageError} `CONFIG_INVALID`; as `dehydrate` does
 *
 * @example
 * const text = JSON.stringify(await packValue(manager, result, { over: 4096, scope: scopePath(workflowId) }));
 * const result = await openValue(manager, JSON.parse(text));
 */
export async function packValue(manager: StorageManager, value: unknown, options?: PackValueOptions): Promise<unknown> {
  const call = options === undefined ? NO_OPTIONS : parseOptions(schema, options, "packValue");
  const { limit, over = limit, keep, ...how } = call as z.output<typeof schema>;
  if (how.signal?.aborted === true) throw abortedCall("packValue", how.signal);
  const most = Math.min(over, limit);
  const isMistakable = isPackedValue(value);
  if (!isMistakable && isPlain(value, most)) return value;
  const size = sizeAsItIs(manager, value, most);
  if (size.fits && !isMistakable) return value;
  const head: Head = { form: "json", size: size.bytes };
  const copies = keptOf(value, keep);
  const room = limit - envelopeSize(head) - (copies === undefined ? 0 : Buffer.byteLength(JSON.stringify(copies)));
  // It fits, but looks like an envelope: nothing has to leave.
  const inline = size.fits && { maxInlineSize: room };
  const ticket = await manager.dehydrate(value, { ...how, ...inline, maxEnvelopeSize: room });
  return JSON.parse(writeEnvelope(head, ticket, copies)) as unknown;
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

/** The keys that stay, if the value has any of them. */
function keptOf(value: unknown, keep: readonly string[] | undefined): Record<string, unknown> | undefined {
  if (keep === undefined || !isPlainObject(value)) return undefined;
  const entries = keep.filter((name) => Object.hasOwn(value, name)).map((name) => [name, value[name]] as const);
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

function isMessage(): StorageError {
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
