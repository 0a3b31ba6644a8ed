import type { EventDetails, Recorder } from "../observe/recorder.js";
import { assertWhole, checkedReference } from "../access/checked-reference.js";
import type { BubustackReference, StorageReference } from "../reference/reference.js";
import type { ReadResult } from "../store/store.js";
import { callStore, type ManagerParts } from "../call/call.js";
import { openStoredEntry } from "./open-entry.js";
import type { OpenOptions } from "../configure/options.js";
import { openSettings, type ReadRange } from "../configure/call-settings.js";

/** Opens the value of a reference. See `StorageManager.open`. */
export async function openReference(
  parts: ManagerParts,
  reference: StorageReference | BubustackReference,
  options: OpenOptions,
): Promise<ReadResult> {
  const details: EventDetails = { store: parts.settings.store?.name, objects: 1 };
  const { settings, signal: callerSignal } = openSettings(parts.settings, options, "open");
  return callStore(parts, "open", details, { signal: callerSignal }, async (signal) => {
    const checked = checkedReference(reference, settings, "open");
    assertWhole(checked);
    const result = await openStoredEntry(checked.reference, settings, signal, callerSignal);
    details.bytes = bytesIn(settings.range, result.info.size);
    details.path = result.info.path;
    return parts.recorder.tellsOfStores ? heardResult(result, parts.recorder) : result;
  });
}

function bytesIn(range: ReadRange | undefined, size: number): number {
  if (range === undefined) return size;
  return Math.min(range.length ?? size, Math.max(0, size - range.offset));
}

const END = { done: true, value: undefined } as const;

/**
 * Wraps a result whose body is read after the call has ended. Events of the stores are then still attributed to the
 * call.
 */
function heardResult(result: ReadResult, recorder: Recorder): ReadResult {
  return {
    info: result.info,
    bytes: () => recorder.within(() => result.bytes()),
    cancel: () => recorder.within(() => result.cancel()),
    [Symbol.asyncIterator]() {
      const iterator = result[Symbol.asyncIterator]();
      return {
        next: () => recorder.within(() => iterator.next()),
        return: () => recorder.within(async () => (await iterator.return?.()) ?? END),
      };
    },
  };
}
