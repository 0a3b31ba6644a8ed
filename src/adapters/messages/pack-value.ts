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
import { asData } from "./data-alone.js";
import { assertManager } from "./engine-fields.js";
import { envelopeOf, envelopeSize, isPackedValue, writeEnvelope, type Head } from "./envelope.js";
import { dehydrateKeeping, keptKeys } from "./kept-keys.js";

const DEFAULT_LIMIT = 262_144;

/** Worst case of an envelope and a reference in it. */
export const MIN_LIMIT = 2048;

/** Options of {@link packValue}. */
export interface PackValueOptions extends CallOptions {
  /** Most bytes of JSON of a value that stays unpacked, default `limit`. */
  over?: number | undefined;
  /** Most bytes of JSON of the result, default 262144 (256 KiB), at least 2048. */
  limit?: number | undefined;
  /**
   * Top-level keys of an object that stay in it as they are. They are for readers that do not open the envelope, such
   * as a `Choice` state or a filter. Default: the small ones.
   */
  keep?: readonly string[] | undefined;
  /** Scope of stored values, as in {@link DehydrateOptions}. Default: a fresh id. */
  scope?: string | undefined;
  /** Lifetime of stored values, as in {@link DehydrateOptions}. */
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
 * Packs a value for an engine that keeps small JSON: workflow histories, step results, jobs. A value that fits is
 * returned unchanged, as the same object, without I/O. Any other value becomes an envelope around the result of
 * `dehydrate`. {@link openValue} recognises packed values by the envelope. References in the value itself stay data.
 *
 * @throws {StorageError} `CONFIG_INVALID`; `LIMIT_EXCEEDED` if the keys of `keep` are too large; as `dehydrate` does
 * @example
 * const text = JSON.stringify(await packValue(manager, result, { over: 4096, scope: scopePath(workflowId) }));
 * const result = await openValue(manager, JSON.parse(text));
 */
export async function packValue(manager: StorageManager, value: unknown, options?: PackValueOptions): Promise<unknown> {
  assertManager(manager, "packValue");
  const call = options === undefined ? NO_OPTIONS : parseOptions(schema, options, "packValue");
  return packed(manager, value, call, isPackedValue);
}

/** Settings to pack one value: checked options, and those that only adapters set. */
export type Packing = Omit<z.output<typeof schema>, "signal"> & {
  readonly signal?: AbortSignal | undefined;
  /** Most bytes of JSON of a packed value, without the kept keys; default `limit`. */
  readonly target?: number | undefined;
  /** `"pass"` hands on the references in the value. */
  readonly references?: "pass" | undefined;
  /** Whether an array stays an array, with each item packed by itself. */
  readonly isItemwise?: boolean | undefined;
};

/**
 * Packs a value with checked options.
 *
 * @param isMistakable says whether readers would mistake a JSON value for a packed one. It is asked only if the value fits
 * @param again packs a value that looks packed only once it is JSON, such as a class instance. Default: like any value
 */
export async function packed(
  manager: StorageManager,
  value: unknown,
  packing: Packing,
  isMistakable: (value: unknown) => boolean,
  again?: (written: unknown) => Promise<unknown>,
): Promise<unknown> {
  const { limit, over = limit, target = limit, keep, isItemwise, ...how } = packing;
  if (how.signal?.aborted === true) throw abortedCall("packValue", how.signal);
  const most = Math.min(over, limit);
  const isSmall = isPlain(value, most);
  if (isSmall && !isMistakable(value)) return value;
  const size = sizeAsItIs(manager, value, most);
  if (size.fits && !isSmall) {
    const written = asWritten(value);
    if (!isMistakable(written)) return value;
    if (again !== undefined) return again(written);
  }
  const head: Head = { form: "json", size: size.bytes };
  const heads = isItemwise === true && Array.isArray(value) ? value.length * envelopeSize(ITEM) : 0;
  const room = limit - envelopeSize(head) - heads;
  if (room < MIN_LIMIT / 2) return packed(manager, value, { ...packing, isItemwise: false }, isMistakable, again);
  // The value fits but looks like an envelope, so nothing has to leave.
  const inline = size.fits && { maxInlineSize: room };
  // Items must stay in the array, where they can be counted.
  const small = size.fits || heads > 0 ? room : Math.min(room, target);
  const keeping = { keep, room, target: small };
  const call = { ...asData(manager), ...how, ...inline };
  const { ticket, copies } = await dehydrateKeeping(manager, value, keeping, call);
  if (heads > 0 && Array.isArray(ticket))
    return ticket.map((item, at) => packedItem(manager, item, (value as unknown[])[at]));
  return JSON.parse(writeEnvelope(head, ticket, copies)) as unknown;
}

/** Packs one item, in an envelope if it needs one. */
function packedItem(manager: StorageManager, ticket: unknown, item: unknown): unknown {
  const isData = findReferences(ticket, undefined, hasReservedKey).next().done === true;
  if (isData) return ticket;
  return JSON.parse(writeEnvelope({ form: "json", size: sizeAsItIs(manager, item, 0).bytes }, ticket)) as unknown;
}

function hasReservedKey(value: Readonly<Record<string, unknown>>): true | undefined {
  return Object.keys(value).some((key) => escapeKey(key) !== key) || undefined;
}

/**
 * Opens a value that {@link packValue} packed. The result is as JSON represents it, but bytes come back as
 * `Uint8Array`. A value without an envelope is returned unchanged, as the same object, without I/O.
 *
 * @param options options of `hydrate`. Resolvers act only if the options name them.
 * @throws {StorageError} as `hydrate` does; `UNSUPPORTED` for an envelope of a later release, `DECODE_FAILED` for a
 *   damaged envelope
 */
export async function openValue<T = unknown>(
  manager: StorageManager,
  value: unknown,
  options?: HydrateOptions<T>,
): Promise<T> {
  assertManager(manager, "openValue");
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

/** Makes the error for a compressed message that was passed as a value. */
export function isMessage(): StorageError {
  const message = "The value can't be opened: it is a message, whose body was compressed. Use MessageOffloader.unpack.";
  return new StorageError("UNSUPPORTED", message, { operation: "openValue" });
}

function isPlain(value: unknown, most: number): boolean {
  try {
    return isSmallPlainPayload(value, most);
  } catch {
    return false; // a getter or a proxy threw, and dehydrate reports the place
  }
}

/** Returns a value as its reader will get it. */
function asWritten(value: unknown): unknown {
  const text = JSON.stringify(value) as string | undefined;
  return text === undefined ? undefined : (JSON.parse(text) as unknown);
}

/**
 * Returns the size of a value's JSON, and whether the value fits. Dates are texts in JSON. Bytes and streams never
 * fit.
 */
function sizeAsItIs(manager: StorageManager, value: unknown, most: number): { bytes: number; fits: boolean } {
  try {
    const sizes = { ...asData(manager), maxInlineSize: most, maxEnvelopeSize: Math.max(most, 1024) };
    const { size, entries } = manager.plan(value, sizes);
    return { bytes: size, fits: entries.length === 0 && size <= most };
  } catch {
    return { bytes: 0, fits: false }; // dehydrate fails in the same way, and closes the streams in the value
  }
}
