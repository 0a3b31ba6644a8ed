import * as z from "zod/mini";
import type { Codec } from "../../codecs/codec.js";
import { sizes, signal } from "../../configure/fields.js";
import { timeToLive, type TimeToLive } from "../../configure/retention.js";
import { kept } from "./pack-value.js";
import { hasMethods, isFunction } from "../../options/fields.js";
import { isObject } from "../../json/is-object.js";
import type { StorageManager } from "../../manager/storage-manager.js";
import type { CallOptions } from "../../store/store.js";
import type { MessageFormat } from "./message-format.js";
import type { Rules } from "./rules.js";
import type { Wire } from "./wire.js";

/**
 * Who deletes what messages lead to:
 * - `"expire"`: nobody on reading. Objects end by their `ttl`; equal bodies of a day are stored once. For fan-out, replay,
 *   dead letters.
 * - `"settle"`: the one consumer, after it has acknowledged.
 * - `{ consumers }`: the last of these consumers, after all have acknowledged.
 */
export type Retention = "expire" | "settle" | { readonly consumers: readonly string[] };

/** Options of a {@link MessageOffloader} that every adapter takes too. */
export interface OffloadOptions {
  /** Stores and reads what is too big to travel. */
  manager: StorageManager;
  /** The queue, topic or subject, any text: the first part of the scope of what is stored. */
  channel: string;
  /** Most bytes that a packed message may count, default what the rules say. */
  limit?: number | undefined;
  /** Most bytes of a message that goes out as it is, default `limit`. */
  over?: number | undefined;
  /** Who deletes what messages lead to, default `"expire"`. */
  retention?: Retention | undefined;
  /**
   * Milliseconds that stored bodies live at the least, or `"never"` for those that do not end by age. With `"expire"` it is
   * required unless the manager has one. It must cover the time that the broker keeps messages, dead letters included.
   */
  ttl?: TimeToLive | undefined;
  /** Who acknowledges here, one of `consumers`. Default for `settle`. */
  consumer?: string | undefined;
  /**
   * A compression, such as `gzip()`: what fits when compressed travels in the message, as base64 where the body is text, and
   * costs no object. Default none. Readers decode gzip, brotli and, where Node has it, Zstandard, whatever they were given.
   */
  compress?: Codec | undefined;
  /** Top-level keys of JSON bodies that always stay in the message, for filters of brokers. Default: those that are small. */
  keep?: readonly string[] | undefined;
  /** What is written in place of the native envelope: the format of another library. */
  format?: MessageFormat | undefined;
  /** What is read besides the native envelope and `format`: a migration reads two and writes one. */
  reads?: readonly MessageFormat[] | undefined;
  /** Name of the attribute that says how many bytes the body had, for people and filters; default `"coatcheck"`. */
  hint?: string | false | undefined;
  /** A scope below that of the channel, such as one a tenant. Default none. */
  scope?: ((message: Wire) => string) | undefined;
  /**
   * What a message is whose objects are gone: `"reject"`, default, a failure like any other; or `"ack"`: one that was
   * processed before and is delivered again. For handlers that do no harm when they run twice, by message id.
   */
  missing?: "reject" | "ack" | undefined;
  /** Most bytes of a body that is opened, default 268435456 (256 MiB). */
  maxBytes?: number | undefined;
  /** Milliseconds that packing or opening one message may take, default that of the manager. */
  timeout?: number | undefined;
}

/** Options of a {@link MessageOffloader}. */
export interface MessageOffloaderOptions extends OffloadOptions {
  /** What the broker counts: one of {@link rules}, or your own. */
  rules: Rules;
}

/** Options of one `pack`. */
export interface PackOptions extends CallOptions {
  /** Most bytes that the packed message may count, in place of the offloader's `limit`. */
  limit?: number | undefined;
  /** A scope below that of the channel, in place of what the option `scope` gives. */
  scope?: string | undefined;
}

/** Options of one `settle`. */
export interface SettleOptions extends CallOptions {
  /** Who has acknowledged, in place of the offloader's `consumer`. */
  consumer?: string | undefined;
}

const name = z.string().check(z.minLength(1));
const positive = z.custom<number>((value) => typeof value === "number" && value >= 1, "must be a number of at least 1");
const format = z.custom<MessageFormat>(hasMethods("detect", "write", "read", "references"), "must be a MessageFormat");
const limit = z.optional(positive);
const codec = z
  .custom<Codec>(hasMethods("prepare", "decode"), "must be a Codec")
  .check(z.refine((value) => !value.encrypts, "must be a compression: what travels in a message is not encrypted"));

/** What every adapter takes as well. */
const offloadFields = {
  manager: z.custom<StorageManager>(hasMethods("dehydrate", "hydrate", "plan", "release"), "must be a StorageManager"),
  channel: name,
  limit,
  over: limit,
  retention: z._default(
    z.union([z.enum(["expire", "settle"]), z.strictObject({ consumers: z.array(name).check(z.minLength(1)) })]),
    "expire",
  ),
  ttl: z.optional(timeToLive),
  consumer: z.optional(name),
  compress: z.optional(codec),
  keep: z.optional(z.array(kept)),
  format: z.optional(format),
  reads: z._default(z.array(format), []),
  hint: z._default(z.union([name, z.literal(false)]), "coatcheck"),
  scope: z.optional(z.custom<(message: Wire) => string>(isFunction, "must be a function")),
  missing: z._default(z.enum(["reject", "ack"]), "reject"),
  maxBytes: z._default(z.int().check(z.gte(0)), 268_435_456),
  timeout: z.optional(sizes.timeout),
};

export const offloaderSchema = z.strictObject({
  ...offloadFields,
  rules: z.custom<Rules>(
    (value) => isObject(value) && typeof value["maxMessage"] === "number" && hasMethods("size")(value),
    "must be Rules: one of rules, or a name, maxMessage and size(message)",
  ),
});

export const packSchema = z.strictObject({ limit, scope: z.optional(name), signal: z.optional(signal) });
export const settleSchema = z.strictObject({ consumer: z.optional(name), signal: z.optional(signal) });
export const unpackSchema = z.strictObject({ signal: z.optional(signal) });

/** Options of an offloader, checked, with their defaults. */
export type OffloaderSettings = z.output<typeof offloaderSchema>;
