import * as z from "zod/mini";
import type { Codec } from "../../codecs/codec.js";
import { sizes, signal, text as name } from "../../configure/fields.js";
import type { TimeToLive } from "../../configure/retention.js";
import { hasMethods } from "../../options/fields.js";
import { isObject } from "../../json/is-object.js";
import type { StorageManager } from "../../manager/storage-manager.js";
import type { CallOptions } from "../../store/store.js";
import { engineFields, functionField } from "./engine-fields.js";
import { keptKeys } from "./kept-keys.js";
import type { MessageFormat } from "./message-format.js";
import type { Rules } from "./rules.js";
import type { Wire } from "./wire.js";

/**
 * When the objects of messages are deleted:
 * - `"expire"`: reading deletes nothing. Objects end by their `ttl`. Equal bodies of one day are stored once. For
 *   fan-out, replay and dead letters.
 * - `"settle"`: the only consumer deletes them after its acknowledgement.
 * - `{ consumers }`: the last of these consumers deletes them, after all have acknowledged.
 */
export type Retention = "expire" | "settle" | { readonly consumers: readonly string[] };

/** Options of a {@link MessageOffloader} that every adapter also takes. */
export interface OffloadOptions {
  /** Stores and reads bodies that are too big to travel. */
  manager: StorageManager;
  /** Name of the queue, topic or subject, as any text. It is the first part of the scope of stored objects. */
  channel: string;
  /** Most bytes that a packed message may count. Default: the limit of the rules. */
  limit?: number | undefined;
  /** Most bytes of a message that is sent unpacked, default `limit`. */
  over?: number | undefined;
  /** When the objects of messages are deleted, default `"expire"`. */
  retention?: Retention | undefined;
  /**
   * Least lifetime of stored bodies in milliseconds, or `"never"` for bodies that do not end by age. Required with
   * `"expire"`, unless the manager has a lifetime. It must cover the time that the broker keeps messages, including
   * dead letters.
   */
  ttl?: TimeToLive | undefined;
  /** The consumer that acknowledges here, one of `consumers`. Default for `settle`. */
  consumer?: string | undefined;
  /**
   * A compression, such as `gzip()`. A body that fits when compressed travels in the message and needs no object. In
   * a text message it travels as base64. Default: none. Readers always decode gzip, brotli and, if Node has it,
   * Zstandard.
   */
  compress?: Codec | undefined;
  /** Top-level keys of JSON bodies that always stay in the message, for filters of brokers. Default: the small ones. */
  keep?: readonly string[] | undefined;
  /** Format of another library, written in place of the native envelope. */
  format?: MessageFormat | undefined;
  /** Formats to read besides the native envelope and `format`. A migration reads two formats and writes one. */
  reads?: readonly MessageFormat[] | undefined;
  /** Name of the attribute with the bytes of the original body, for people and filters; default `"coatcheck"`. */
  hint?: string | false | undefined;
  /** Returns a scope below the channel's scope, such as one per tenant. Default: none. */
  scope?: ((message: Wire) => string) | undefined;
  /**
   * How to treat a message whose objects are gone. `"reject"`, the default, treats it as any other failure. `"ack"`
   * assumes that the message was processed before and is redelivered. Use `"ack"` for handlers that are idempotent,
   * by message id.
   */
  missing?: "reject" | "ack" | undefined;
  /** Most bytes of an opened body, default 268435456 (256 MiB). */
  maxBytes?: number | undefined;
  /** Time limit for packing or opening one message, in milliseconds. Default: that of the manager. */
  timeout?: number | undefined;
}

/** Options of a {@link MessageOffloader}. */
export interface MessageOffloaderOptions extends OffloadOptions {
  /** The broker's counting rules and limits: one of {@link rules}, or your own. */
  rules: Rules;
}

/** Options of one `pack`. */
export interface PackOptions extends CallOptions {
  /** Most bytes that the packed message may count, in place of the offloader's `limit`. */
  limit?: number | undefined;
  /** A scope below the channel's scope, in place of the result of the option `scope`. */
  scope?: string | undefined;
}

/** Options of one `settle`. */
export interface SettleOptions extends CallOptions {
  /** The consumer that has acknowledged, in place of the offloader's `consumer`. */
  consumer?: string | undefined;
}

const positive = z.custom<number>((value) => typeof value === "number" && value >= 1, "must be a number of at least 1");
const format = z.custom<MessageFormat>(hasMethods("detect", "write", "read", "references"), "must be a MessageFormat");
const limit = z.optional(positive);
const codec = z
  .custom<Codec>(hasMethods("prepare", "decode"), "must be a Codec")
  .check(z.refine((value) => !value.encrypts, "must be a compression: what travels in a message is not encrypted"));

/** Schemas of the options that every adapter takes. */
const offloadFields = {
  manager: engineFields.manager,
  channel: name,
  limit,
  over: limit,
  retention: z._default(
    z.union([z.enum(["expire", "settle"]), z.strictObject({ consumers: z.array(name).check(z.minLength(1)) })]),
    "expire",
  ),
  ttl: engineFields.ttl,
  consumer: z.optional(name),
  compress: z.optional(codec),
  keep: z.optional(keptKeys),
  format: z.optional(format),
  reads: z._default(z.array(format), []),
  hint: z._default(z.union([name, z.literal(false)]), "coatcheck"),
  scope: z.optional(functionField<(message: Wire) => string>()),
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

/** Options of an offloader after the check, with defaults filled in. */
export type OffloaderSettings = z.output<typeof offloaderSchema>;
