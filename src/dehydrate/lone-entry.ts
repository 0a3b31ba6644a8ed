import { sha256 } from "../bytes/digest.js";
import type { DehydrateSettings } from "../configure/call-schemas.js";
import { storedObjectSize } from "../object/stored-object.js";
import { schemaTagOf } from "../plan/layouts/layout.js";
import type { AtOnce } from "../store/at-once.js";
import { encodeSmallEntry } from "./encode-entry.js";
import type { NewObject } from "./object-writer.js";
import type { PlannedPayload } from "./plan-payload.js";

// Bytes of JSON up to which a value is encoded and hashed in one go.
const SMALL = 65_536;

/**
 * Returns whether only one small JSON value or text leaves, and is stored as it is. Most payloads with entries are
 * so.
 */
export function isLoneEntry({ plan: { entries }, budget }: PlannedPayload, { codecs }: DehydrateSettings): boolean {
  const [entry] = entries;
  if (entry === undefined || entries.length > 1 || entry.kind === "binary" || entry.leastStoredSize > SMALL)
    return false;
  return codecs.encodings.length === 0 && budget?.isTight !== true;
}

/**
 * Makes the object of the only entry that leaves, and fills in the reference to it. There is no other entry to share
 * the object with, and no need for steps.
 *
 * @throws {StorageError} `UNSERIALIZABLE` when the value is no JSON any more
 */
export function loneObject(
  { plan, layout, layoutOptions }: PlannedPayload,
  { canonical }: DehydrateSettings,
): NewObject & { readonly body: Uint8Array } {
  const entry = plan.entries[0]!;
  const tag = schemaTagOf(entry, layoutOptions);
  const body = encodeSmallEntry(entry, tag, canonical);
  const size = body.byteLength;
  entry.settle(size - storedObjectSize(entry.kind === "raw" ? "raw" : "json", 0, tag));
  const digest = sha256(body);
  const path = layout.objectPath(entry, digest);
  layout.fillSlot(entry, { path, size, digest });
  return { path, body, size, contentType: "application/json" };
}

/** Stores the only entry that leaves, where nothing has to be awaited. */
export function storeAtOnce(planned: PlannedPayload, settings: DehydrateSettings, store: AtOnce): void {
  const { path, body, contentType } = loneObject(planned, settings);
  store.put(path, body, contentType);
}
