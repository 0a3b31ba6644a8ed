import type { Payload, PayloadCodec } from "@temporalio/common";
import * as z from "zod/mini";
import { count } from "../../configure/fields.js";
import type { TimeToLive } from "../../configure/retention.js";
import { hasMethods } from "../../options/fields.js";
import type { StorageManager } from "../../manager/storage-manager.js";
import { parseOptions } from "../../options/parse-options.js";
import { engineFields } from "../messages/engine-fields.js";
import type { MessageFormat } from "../messages/message-format.js";
import { claimIn, ClaimReader, textOf, type ClaimData } from "./claims.js";
import { payloadProtos } from "./protos.js";
import { temporalScope } from "./storage-driver.js";
import { storePayloads } from "./stored-payloads.js";

/** Options of {@link temporalPayloadCodec}. */
export interface TemporalPayloadCodecOptions {
  /** Stores and reads the payloads. */
  manager: StorageManager;
  /** Most bytes of a payload, as protobuf, that stays unpacked; default 262144 (256 KiB). */
  over?: number | undefined;
  /** Lifetime of payloads, as in {@link TemporalStorageDriverOptions}. */
  ttl?: TimeToLive | undefined;
  /** Audience of signed references, if the manager signs. */
  audience?: string | undefined;
  /** Claims of other drivers to read, as in {@link TemporalStorageDriverOptions}. */
  reads?: readonly MessageFormat[] | undefined;
}

const ENCODING = "json/coatcheck";
const DEFAULT_OVER = 262_144;

/** Schemas of {@link TemporalPayloadCodecOptions}. */
export const codecFields = {
  manager: engineFields.manager,
  over: z._default(count, DEFAULT_OVER),
  ttl: engineFields.ttl,
  audience: engineFields.audience,
  reads: z.optional(
    z.array(z.custom<MessageFormat>(hasMethods("detect", "open"), "must be a MessageFormat that opens")),
  ),
};
const schema = z.strictObject(codecFields);

/**
 * Makes a payload codec that stores large payloads. Use it for servers and SDKs without external storage, and for a
 * codec server. It also reads payloads of the storage driver and of Temporal's own drivers. The scope is that of the
 * workflow, without the run, which a codec does not know.
 *
 * Put it last. Codecs before it, such as encryption, then apply to the stored payloads.
 *
 * @throws {StorageError} as {@link temporalStorageDriver} does
 * @example
 * const dataConverter = { payloadCodecs: [temporalPayloadCodec({ manager })] };
 */
export function temporalPayloadCodec(options: TemporalPayloadCodecOptions): PayloadCodec {
  const { manager, over, reads, ttl, audience } = parseOptions(schema, options, "temporalPayloadCodec");
  const protos = payloadProtos("temporalPayloadCodec");
  const reader = new ClaimReader(manager, protos, reads);
  return {
    encode: async (payloads, context) => {
      // A payload of the user's that looks encoded is encoded again, so that its claim is not followed.
      const leaving = payloads.filter(
        (payload) => ownClaim(payload) !== undefined || protos.encode(payload).byteLength > over,
      );
      if (leaving.length === 0) return payloads;
      const texts = await storePayloads(manager, protos, leaving, { scope: scopeOf(context), ttl, audience });
      const references = new Map(leaving.map((payload, index) => [payload, texts[index]!]));
      return payloads.map((payload) => {
        const reference = references.get(payload);
        return reference === undefined ? payload : encoded(reference);
      });
    },
    decode: async (payloads) => {
      const claims = payloads.map(ownClaim);
      const decoded = [...payloads];
      // Claims of one driver are read together, so that each object is read once.
      for (const driverName of new Set(claims.map((claim) => claim?.driverName))) {
        if (driverName === undefined) continue;
        const indexes = [...claims.keys()].filter((index) => claims[index]?.driverName === driverName);
        const read = await reader.read(
          driverName,
          indexes.map((index) => claims[index]!.claimData),
          { audience },
        );
        for (const [position, index] of indexes.entries()) decoded[index] = read[position]!;
      }
      return decoded;
    },
  };
}

function encoded(reference: string): Payload {
  return { metadata: { encoding: Buffer.from(ENCODING) }, data: Buffer.from(reference) };
}

function ownClaim(payload: Payload): { driverName: string; claimData: ClaimData } | undefined {
  if (textOf(payload.metadata?.["encoding"]) !== ENCODING) return claimIn(payload);
  return { driverName: "coatcheck", claimData: { reference: textOf(payload.data) ?? "" } };
}

function scopeOf(context: Parameters<PayloadCodec["encode"]>[1]): string {
  if (context === undefined) return temporalScope(undefined);
  const { namespace, workflowId } = context;
  if (workflowId !== undefined) return temporalScope({ kind: "workflow", namespace, id: workflowId });
  const id = context.type === "activity" ? context.activityId : undefined;
  return temporalScope({ kind: "activity", namespace, ...(id !== undefined && { id }) });
}
