import type * as common from "@temporalio/common";
import type { Payload, StorageDriverClaim } from "@temporalio/common";
import type { temporal } from "@temporalio/proto";
import { StorageError } from "../../errors/error.js";
import { requirePeer } from "../../observe/exporters/require-peer.js";

type Proto = { readonly temporal: typeof temporal };
type Converters = {
  readonly ProtobufJsonPayloadConverter: new (root: unknown) => { toPayload(value: unknown): Payload | undefined };
};

/** Temporal's own classes: payloads as protobuf, which is how its own drivers store them, and claims. */
export interface PayloadProtos {
  encode(payload: Payload): Uint8Array;
  /** Decodes a payload. @throws {StorageError} `DECODE_FAILED` */
  decode(bytes: Uint8Array): Payload;
  claimOf(claimData: Record<string, string>): StorageDriverClaim;
}

/**
 * Returns the client's own protobuf classes, and tests them as Temporal will use them. If Temporal's packages find
 * several copies of `protobufjs`, each call would otherwise fail long after the start, with
 * `TypeError: type must be a Type`.
 *
 * @throws {StorageError} `MISSING_DEPENDENCY` if a package is missing or too old; `CONFIG_INVALID` for several copies
 */
export function payloadProtos(entry: string): PayloadProtos {
  const proto = requirePeer("@temporalio/proto", entry) as Proto;
  const converters = requirePeer("@temporalio/common/lib/protobufs", entry) as Converters;
  const { Payload: PayloadProto } = proto.temporal.api.common.v1;
  // The class exists in @temporalio/proto since 1.21, whatever the types of a newer package say.
  const sdk = proto.temporal.api.sdk.v1 as Partial<typeof temporal.api.sdk.v1>;
  if (sdk.ExternalStorageReference === undefined) {
    const message = `${entry} needs @temporalio/common and @temporalio/proto 1.21 or newer: npm install @temporalio/common.`;
    throw new StorageError("MISSING_DEPENDENCY", message);
  }
  try {
    const reference = sdk.ExternalStorageReference.create({ driverName: entry, claimData: {} });
    new converters.ProtobufJsonPayloadConverter(proto).toPayload(reference);
  } catch (cause) {
    throw new StorageError("CONFIG_INVALID", SEVERAL_COPIES, { operation: "configure", cause });
  }
  const { StorageDriverClaim: Claim } = requirePeer("@temporalio/common", entry) as typeof common;
  return {
    claimOf: (claimData) => new Claim(claimData),
    encode: (payload) => PayloadProto.encode(payload).finish(),
    decode: (bytes) => {
      try {
        return PayloadProto.decode(bytes);
      } catch (cause) {
        throw new StorageError("DECODE_FAILED", "A stored object is not a payload of Temporal.", { cause });
      }
    },
  };
}

const SEVERAL_COPIES =
  "Temporal's packages can't write references to stored payloads: they find different copies of protobufjs, as `npm ls protobufjs` " +
  "shows. Install one at the top, npm install protobufjs@8, and @temporalio/common and @temporalio/proto of one version.";
