import * as z from "zod/mini";
import { createHash } from "node:crypto";
import { isPlainObject } from "../../json/is-object.js";
import { parseOptions } from "../../options/parse-options.js";
import { cannotOpen } from "../messages/message-error.js";
import type { MessageFormat } from "../messages/message-format.js";
import type { Wire } from "../messages/wire.js";
import { placeFields, Places, type ForeignOptions, type Pointer } from "./places.js";
import { jsonBody, noPointer, ownText, pointerFormat, storedBytes, textAttribute } from "./pointer-format.js";
import { decodePayload } from "./protobuf-payload.js";

/*
 * External storage of Temporal: a Payload whose data is {"driverName":"…","claimData":{…}}. Its metadata identifies
 * it. The object is the Payload that it stands for, as protobuf. https://docs.temporal.io/external-storage
 */

const REFERENCE = "temporal.api.sdk.v1.ExternalStorageReference";
const LEGACY = "json/external-storage-reference";
const DRIVERS = { "aws.s3driver": "s3", "gcp.gcsdriver": "gs" } as const;

/** Options of {@link temporalClaim}. */
export interface TemporalClaimOptions extends ForeignOptions {
  /** Scheme of each driver's objects, by driver name. Default `{ "aws.s3driver": "s3", "gcp.gcsdriver": "gs" }`. */
  drivers?: Readonly<Record<string, "s3" | "gs">> | undefined;
}

const options = z.strictObject({
  ...placeFields,
  drivers: z._default(z.record(z.string().check(z.minLength(1)), z.enum(["s3", "gs"])), DRIVERS),
});

/**
 * Makes the format of Temporal payloads in external storage, for programs outside Temporal. The body is the payload's
 * `data`, and the attributes are its `metadata`. Opening returns data and metadata of the stored payload, if it has
 * the claim's hash. Both spellings of the hash fields are read. Read only.
 *
 * @throws {StorageError} `CONFIG_INVALID`
 * @example
 * const reads = [temporalClaim({ allow: ["s3://temporal-payloads/v0"] })];
 */
export function temporalClaim(given: TemporalClaimOptions = {}): MessageFormat {
  const { drivers, ...place } = parseOptions(options, given, "temporalClaim");
  const places = new Places("temporalClaim", place);
  const claimIn = (message: Wire): Claim => claimOf(jsonBody(message), drivers);
  const format = pointerFormat({
    name: "temporalClaim",
    places,
    detect: (message) => {
      const encoding = textAttribute(message, "encoding");
      if (encoding === LEGACY) return true;
      return encoding === "json/protobuf" && textAttribute(message, "messageType") === REFERENCE;
    },
    pointer: (message) => claimIn(message).pointer,
  });
  return {
    ...format,
    open: async (message, manager, call) => {
      const { pointer, hash } = claimIn(message);
      const stored = await storedBytes(places, pointer, manager, call);
      if (createHash("sha256").update(stored).digest("hex") !== hash) {
        const path = places.find(pointer).at;
        throw cannotOpen("INTEGRITY", "its object has not the hash that the claim says", { path });
      }
      const payload = decodePayload(stored);
      if (payload === undefined) {
        const path = places.find(pointer).at;
        throw cannotOpen("DECODE_FAILED", "its object is not a payload of Temporal", { path });
      }
      return { body: payload.data, attributes: payload.metadata };
    },
  };
}

interface Claim {
  readonly pointer: Pointer;
  /** SHA-256 in lower case hex. */
  readonly hash: string;
}

function claimOf(value: unknown, drivers: Readonly<Record<string, string>>): Claim {
  const driver = ownText(value, "driverName", "driver_name");
  const claim = member(value, "claimData", "claim_data") ?? member(member(value, "driver_claim"), "claim_data");
  if (driver === undefined || claim === undefined) throw noPointer("temporalClaim");
  if (!Object.hasOwn(drivers, driver)) {
    throw cannotOpen("UNSUPPORTED", "it is of a storage driver that is not known: say it in drivers");
  }
  const bucket = ownText(claim, "bucket");
  const key = ownText(claim, "key", "object_name", "object");
  const algorithm = ownText(claim, "hash_algorithm", "hashAlgorithm");
  const hash = ownText(claim, "hash_value", "hashValue")?.toLowerCase();
  if (bucket === undefined || key === undefined || hash === undefined) throw noPointer("temporalClaim");
  if (algorithm !== "sha256") throw cannotOpen("UNSUPPORTED", "its hash is not one of SHA-256");
  return { pointer: { scheme: drivers[driver], bucket, key }, hash };
}

function member(value: unknown, ...names: readonly string[]): unknown {
  const name = isPlainObject(value) ? names.find((other) => Object.hasOwn(value, other)) : undefined;
  return name === undefined ? undefined : (value as Record<string, unknown>)[name];
}
