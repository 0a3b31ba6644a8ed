import type { StorageDriver, StorageDriverTargetInfo } from "@temporalio/common";
import * as z from "zod/mini";
import type { TimeToLive } from "../../configure/retention.js";
import { scopePath } from "../../object/scope-path.js";
import type { StorageManager } from "../../manager/storage-manager.js";
import { hasMethods } from "../../options/fields.js";
import { parseOptions } from "../../options/parse-options.js";
import { temporalClaim } from "../foreign/temporal-claim.js";
import { engineFields, functionField } from "../messages/engine-fields.js";
import type { MessageFormat } from "../messages/message-format.js";
import { ClaimReader } from "./claims.js";
import { payloadProtos } from "./protos.js";
import { storePayloads } from "./stored-payloads.js";

/** Options of {@link temporalStorageDriver}. */
export interface TemporalStorageDriverOptions {
  /** Stores and reads the payloads. */
  manager: StorageManager;
  /**
   * Driver name in histories, default `"coatcheck"`. It must be the same in all workers and clients as long as any
   * history with the name exists.
   */
  name?: string | undefined;
  /**
   * Scope of payloads. Default: `temporal/{namespace}/workflow/{workflow id}/{run id}`, with `_` before there is a
   * run.
   */
  scope?: ((target: StorageDriverTargetInfo | undefined) => string) | undefined;
  /**
   * Least lifetime of payloads, in milliseconds. It must cover the longest run and the namespace's retention.
   * Default: that of the manager, or no end.
   */
  ttl?: TimeToLive | undefined;
  /** Audience of signed references, if the manager signs. */
  audience?: string | undefined;
  /**
   * Claims of other drivers to read: `[temporalClaim({ allow: ["s3://bucket/v0"] })]`. Default: those of Temporal's
   * own drivers, wherever the manager may read. A driver gets only claims with its own `name`.
   */
  reads?: readonly MessageFormat[] | undefined;
}

const DEFAULT_NAME = "coatcheck";
const schema = z.strictObject({
  manager: engineFields.manager,
  name: z._default(z.string().check(z.minLength(1)), DEFAULT_NAME),
  scope: z._default(functionField<(target: StorageDriverTargetInfo | undefined) => string>(), () => temporalScope),
  ttl: engineFields.ttl,
  audience: engineFields.audience,
  reads: z.optional(
    z.array(z.custom<MessageFormat>(hasMethods("detect", "open"), "must be a MessageFormat that opens")),
  ),
});

/**
 * Makes a driver for Temporal's external storage, which is experimental in Temporal. Payloads over Temporal's
 * `payloadSizeThreshold`, default 256 KiB, lie in the manager's store. The payloads of one call share as few objects
 * as the manager makes. The history holds claims of about 450 bytes.
 *
 * A missing payload fails the workflow task again and again, with `NOT_FOUND`. No payload may end before the
 * namespace's retention does. `releaseClosed` deletes the payloads of workflows that the namespace no longer knows.
 *
 * @throws {StorageError} `CONFIG_INVALID`, also if Temporal's packages find several copies of `protobufjs`;
 *   `MISSING_DEPENDENCY` without `@temporalio/common` 1.21 or newer
 * @example
 * const driver = temporalStorageDriver({ manager });
 * const dataConverter = { externalStorage: new ExternalStorage({ drivers: [driver] }) };
 * const client = new Client({ dataConverter });
 */
export function temporalStorageDriver(options: TemporalStorageDriverOptions): StorageDriver {
  const { manager, name, scope, reads, ttl, audience } = parseOptions(schema, options, "temporalStorageDriver");
  const protos = payloadProtos("temporalStorageDriver");
  const own = name === "gcp.gcsdriver" ? "gs" : "s3";
  const formats = reads ?? [temporalClaim({ drivers: { [name]: own } })];
  const reader = new ClaimReader(manager, protos, formats);
  return {
    name,
    type: DEFAULT_NAME,
    store: async ({ abortSignal: signal, target }, payloads) => {
      const texts = await storePayloads(manager, protos, payloads, { scope: scope(target), ttl, audience, signal });
      return texts.map((reference) => protos.claimOf({ reference }));
    },
    retrieve: ({ abortSignal: signal }, claims) =>
      reader.read(
        name,
        claims.map(({ claimData }) => claimData),
        { audience, signal },
      ),
  };
}

/** Returns the scope of a workflow or an activity. A missing part, such as the run before its start, is `_`. */
export function temporalScope(target: StorageDriverTargetInfo | undefined): string {
  if (target === undefined) return scopePath("temporal", "");
  return scopePath("temporal", target.namespace, target.kind, target.id ?? "", target.runId ?? "");
}
