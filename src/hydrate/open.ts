import type { EventDetails } from "../observe/recorder.js";
import type { BubustackReference, StorageReference } from "../reference/reference.js";
import type { ReadResult } from "../store/store.js";
import { callStore, type ManagerParts } from "../call/call.js";
import { openEntry } from "./open-entry.js";
import type { OpenOptions } from "../configure/options.js";
import { openSettings } from "../configure/call-settings.js";

/** Opens what a reference points at: see `StorageManager.open`. */
export async function openReference(
  parts: ManagerParts,
  reference: StorageReference | BubustackReference,
  options: OpenOptions,
): Promise<ReadResult> {
  const details: EventDetails = { store: parts.settings.store?.name, objects: 1 };
  const { settings, signal: callerSignal } = openSettings(parts.settings, options, "open");
  return callStore(parts, "open", details, { signal: callerSignal }, async (signal) => {
    const result = await openEntry(reference, settings, signal, callerSignal);
    details.bytes = result.info.size;
    return result;
  });
}
