import type { StorageDriver, StorageDriverTargetInfo } from "@temporalio/common";
import * as z from "zod/mini";
import { scopePath } from "../../object/scope-path.js";
import { parseOptions } from "../../options/parse-options.js";
import { temporalClaim } from "../foreign/temporal-claim.js";
import { functionField } from "../messages/engine-fields.js";
import { ClaimReader } from "./claims.js";
import { payloadFields, type TemporalPayloadCodecOptions } from "./codec-options.js";
import { payloadProtos } from "./protos.js";
import { storePayloads } from "./stored-payloads.js";

/** Options of {@link temporalStorageDriver}. */
export interface TemporalStorageDriverOptions extends Omit<TemporalPayloadCodecOptions, "over"> {
  /**
   * Driver name in histories, default `"coatcheck"`. It must be the same in all workers and clients as long as any
   * history with the name exists. The driver gets only claims with this name.
   */
  name?: string | undefined;
  /**
   * Scope of payloads. Default: `temporal/{namespace}/workflow/{workflow id}/{run id}`, with `_` before there is a
   * run.
   */
  scope?: ((target: StorageDriverTargetInfo | undefined) => string) | undefined;
}

const DEFAULT_NAME = "coatcheck";
const schema = z.strictObject({
  ...payloadFields,
  name: z._default(z.string().check(z.minLength(1)), DEFAULT_NAME),
  scope: z._default(functionField<(target: StorageDriverTargetInfo | undefined) => string>(), () => temporalScope),
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
