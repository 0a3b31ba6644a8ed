import type { PlannedEntry } from "../plan/plan.js";
import type { StoredEntry } from "../plan/layout.js";
import type { PayloadSource } from "../plan/source.js";
import { forEachConcurrent } from "./concurrency.js";
import type { ObjectWriter } from "./object-writer.js";
import type { LaidOutPlan } from "./plan-payload.js";
import { readSource } from "./read-source.js";
import type { DehydrateSettings } from "./settings.js";

/** The bytes of a binary entry: read, and still to be written; or stored already. */
export type SourceOutcome = { readonly bytes: Uint8Array } | { readonly stored: StoredEntry };

/** Reads the binary entries of a payload. What is small, or there as a whole, is left for the caller to write. */
export async function storeSources(
  { plan }: LaidOutPlan,
  settings: DehydrateSettings,
  _writer: ObjectWriter,
  signal: AbortSignal,
): Promise<Map<PlannedEntry, SourceOutcome>> {
  // A stream that stands in several places can be read only once.
  const places = new Map<PayloadSource, PlannedEntry[]>();
  for (const entry of plan.entries) {
    if (!("source" in entry.content)) continue;
    const { source } = entry.content;
    const sharers = places.get(source);
    if (sharers === undefined) places.set(source, [entry]);
    else sharers.push(entry);
  }
  const outcomes = new Map<PlannedEntry, SourceOutcome>();
  await forEachConcurrent([...places], settings.concurrency, signal, async ([source, sharers], groupSignal) => {
    const bytes = await readSource(source, groupSignal);
    for (const entry of sharers) outcomes.set(entry, { bytes });
  });
  return outcomes;
}
