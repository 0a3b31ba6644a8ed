import type { Payload, PayloadCodec } from "@temporalio/common";
import * as z from "zod/mini";
import { parseOptions } from "../../options/parse-options.js";
import { claimIn, ClaimReader, textOf, type ClaimData } from "./claims.js";
import { codecFields, type TemporalPayloadCodecOptions } from "./codec-options.js";
import { payloadProtos } from "./protos.js";
import { temporalScope } from "./storage-driver.js";
import { storePayloads } from "./stored-payloads.js";

const ENCODING = "json/coatcheck";
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
