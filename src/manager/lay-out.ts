import { createHash } from "node:crypto";
import { schemaTagOf, type StoredEntry } from "../plan/layout.js";
import type { PlannedEntry } from "../plan/plan.js";
import { encodeEntry } from "./encode-entry.js";
import type { NewObject } from "./object-writer.js";
import type { LaidOutPlan } from "./plan-payload.js";
import type { DehydrateSettings } from "./settings.js";
import type { SourceOutcome } from "./store-sources.js";

/**
 * Encodes the entries and fills in the references to them, in order: what is referenced from inside another entry comes
 * before it. Entries with the same content are one object. Each object is made when it is asked for.
 *
 * @param sources what came of the binary entries
 */
export function* layOut(
  { plan, layout, layoutOptions }: LaidOutPlan,
  settings: Pick<DehydrateSettings, "canonical">,
  sources: ReadonlyMap<PlannedEntry, SourceOutcome>,
): Generator<NewObject, void, undefined> {
  const paths = new Set<string>();
  for (const entry of plan.entries) {
    const source = sources.get(entry);
    if (source !== undefined && "stored" in source) {
      layout.fillSlot(entry, source.stored);
      continue;
    }
    const bytes = source?.bytes ?? encodeEntry(entry, schemaTagOf(entry, layoutOptions), settings.canonical);
    const digest = createHash("sha256").update(bytes).digest();
    const path = layout.objectPath(entry, digest);
    const stored: StoredEntry = { path, size: bytes.byteLength, digest };
    layout.fillSlot(entry, stored);
    if (paths.has(path)) continue;
    paths.add(path);
    // A StoredObject is JSON, also that of a text.
    const contentType = entry.kind === "binary" ? entry.contentType : "application/json";
    yield { path, body: bytes, size: bytes.byteLength, contentType };
  }
}
