import * as z from "zod/mini";
import { callStore, type ManagerParts } from "../call/call.js";
import { prefix, signal, text } from "../configure/fields.js";
import type { ManagerSettings } from "../configure/settings.js";
import { callFailure } from "../errors/as-storage-error.js";
import { DONE_MARKERS, doneMarker } from "../object/reserved-names.js";
import type { EventDetails } from "../observe/recorder.js";
import { locationBelow } from "../paths/location.js";
import { invalidOptions, parseOptions } from "../options/parse-options.js";
import type { CallOptions } from "../store/store.js";
import { listObjects } from "./list-objects.js";
import { assertOwnScope, releaseScope, scopeDirectories, settingsBelow, type ReleaseOptions } from "./release.js";

/** Options of a reader that is done with a scope. */
export interface DoneOptions extends CallOptions, Pick<ReleaseOptions, "prefix"> {
  /** All readers of the payload, including the one that calls. Each call for a scope must name the same readers. */
  readers: readonly string[];
}

const doneSchema = z.strictObject({
  readers: z.array(text).check(z.minLength(1)),
  prefix: z.optional(prefix),
  signal: z.optional(signal),
});

/**
 * Notes that a reader is done with a scope, and releases the scope when all readers are done. It writes the marker
 * first, and then looks for the other markers. So when several readers end at once, the one that looks last sees all
 * markers.
 *
 * @throws {StorageError} `CONFIG_INVALID`
 */
export async function done(
  parts: ManagerParts,
  scope: string,
  reader: string,
  options: DoneOptions,
): Promise<{ remaining: string[]; deleted: number }> {
  const details: EventDetails = { store: parts.settings.store?.name, scope };
  const { readers, prefix: below, signal: callSignal } = parseOptions(doneSchema, options, "done");
  if (!readers.includes(reader)) throw invalidOptions("done", "readers: must name the reader that calls, too");
  const settings = settingsBelow(below, parts.settings, "done");
  return callStore(parts, "done", details, { signal: callSignal }, async (signal) => {
    assertOwnScope(scope, "done");
    const remaining = await mark(scope, reader, readers, settings, signal);
    if (remaining.length > 0) return { remaining, deleted: 0 };
    try {
      return { remaining, ...(await releaseScope({ scope, keepsMarkers: true }, settings, details, signal)) };
    } finally {
      parts.source.forgetScope(scope);
    }
  });
}

/** Writes the marker of a reader. Returns the readers that have no marker. */
async function mark(
  scope: string,
  reader: string,
  readers: readonly string[],
  settings: ManagerSettings,
  signal: AbortSignal,
): Promise<string[]> {
  const [directory] = scopeDirectories(scope, settings, "done");
  const store = settings.store!;
  const pathOf = (name: string): string => locationBelow(directory!, doneMarker(name));
  const path = pathOf(reader);
  try {
    await store.write(path, new Uint8Array(), { signal });
  } catch (error) {
    throw callFailure(error, signal, { operation: "done", store: store.name, path });
  }
  const markers = new Set<string>();
  for await (const marker of listObjects(`${directory!}/${DONE_MARKERS}`, { signal }, settings))
    markers.add(marker.path);
  return [...new Set(readers)].filter((other) => !markers.has(pathOf(other)));
}
