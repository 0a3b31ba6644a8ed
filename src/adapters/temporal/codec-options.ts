import * as z from "zod/mini";
import { count } from "../../configure/fields.js";
import type { TimeToLive } from "../../configure/retention.js";
import type { StorageManager } from "../../manager/storage-manager.js";
import { hasMethods } from "../../options/fields.js";
import { engineFields } from "../messages/engine-fields.js";
import type { MessageFormat } from "../messages/message-format.js";

/** Options of {@link temporalPayloadCodec}. */
export interface TemporalPayloadCodecOptions {
  /** Stores and reads the payloads. */
  manager: StorageManager;
  /** Most bytes of a payload, as protobuf, that stays unpacked; default 262144 (256 KiB). */
  over?: number | undefined;
  /**
   * Least lifetime of payloads, in milliseconds. It must cover the longest run and the namespace's retention.
   * Default: that of the manager, or no end.
   */
  ttl?: TimeToLive | undefined;
  /** Audience of signed references, if the manager signs. */
  audience?: string | undefined;
  /**
   * Claims of other drivers to read: `[temporalClaim({ allow: ["s3://bucket/v0"] })]`. Default: those of Temporal's
   * own drivers, wherever the manager may read.
   */
  reads?: readonly MessageFormat[] | undefined;
}

/** Schemas of options that the codec and the storage driver share. */
export const payloadFields = {
  manager: engineFields.manager,
  ttl: engineFields.ttl,
  audience: engineFields.audience,
  reads: z.optional(
    z.array(z.custom<MessageFormat>(hasMethods("detect", "open"), "must be a MessageFormat that opens")),
  ),
};

/** Schemas of {@link TemporalPayloadCodecOptions}. */
export const codecFields = { ...payloadFields, over: z._default(count, 262_144) };
