import type { EventDetails } from "../observe/recorder.js";
import { locationBelow } from "../location.js";
import { assertPath } from "../path.js";
import { assertOptions } from "../store/call-options.js";
import type { CallOptions } from "../store/store.js";
import { assertRouted } from "./admit.js";
import { callStore, type ManagerParts } from "./call.js";
import { forEachConcurrent } from "./concurrency.js";
import { listObjects } from "./list-objects.js";
import { requireStore } from "./require-store.js";
import type { ManagerSettings } from "./settings.js";
import { asStorageError } from "./store-error.js";

// Deleted batch by batch, so that a scope of any size takes little memory.
const BATCH = 1000;

/** Deletes every object of a scope and of the scopes below it, under both prefixes. */
export async function release(parts: ManagerParts, scope: string, options: CallOptions): Promise<{ deleted: number }> {
  const details: EventDetails = { store: parts.settings.store?.name, scope };
  assertOptions("call", options, { operation: "release", store: details.store });
  try {
    return await callStore(parts, "release", details, options, (signal) =>
      releaseScope(scope, parts.settings, details, signal),
    );
  } finally {
    parts.source.forgetScope(scope);
  }
}

async function releaseScope(
  scope: string,
  settings: ManagerSettings,
  details: EventDetails,
  signal: AbortSignal,
): Promise<{ deleted: number }> {
  const store = requireStore(settings, "release");
  assertPath(scope, "release", store.name);
  const prefixes = new Set([settings.outputPrefix, settings.inputPrefix]);
  for (const prefix of prefixes) assertRouted(prefix, store, "release"); // before anything is deleted
  let deleted = 0;
  const flush = async (paths: readonly string[]): Promise<void> => {
    await forEachConcurrent(paths, settings.concurrency, signal, async (path, groupSignal) => {
      await store.delete(path, { signal: groupSignal });
      deleted++;
    });
  };
  try {
    for (const prefix of prefixes) {
      let batch: string[] = [];
      for await (const { path } of listObjects(`${locationBelow(prefix, scope)}/`, { signal }, settings)) {
        batch.push(path);
        if (batch.length < BATCH) continue;
        await flush(batch);
        batch = [];
      }
      await flush(batch);
    }
  } catch (error) {
    throw asStorageError(error, { operation: "release", store: store.name });
  } finally {
    details.objects = deleted;
  }
  return { deleted };
}
