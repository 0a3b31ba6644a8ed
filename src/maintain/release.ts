import * as z from "zod/mini";
import type { EventDetails } from "../observe/recorder.js";
import { locationBelow } from "../paths/location.js";
import { parseOptions } from "../options/parse-options.js";
import { assertPath } from "../paths/path.js";
import { assertRouted } from "../access/admit.js";
import { callStore, type ManagerParts } from "../call/call.js";
import { assertReadablePrefix } from "../configure/confine.js";
import { forEachConcurrent } from "../async/concurrency.js";
import { listObjects } from "./list-objects.js";
import { requireStore } from "../call/require-store.js";
import { type ManagerSettings } from "../configure/settings.js";
import { prefix, signal } from "../configure/fields.js";
import type { CallOptions } from "../store/store.js";
import { callFailure } from "../errors/as-storage-error.js";

// Deleted batch by batch, so that a scope of any size takes little memory.
const BATCH = 1000;

/** Options of a release. */
export interface ReleaseOptions extends CallOptions {
  /** Deletes below this prefix, the one that `dehydrate` was given, in place of `outputPrefix` and `inputPrefix`. */
  prefix?: string | undefined;
}

const releaseSchema = z.strictObject({ prefix: z.optional(prefix), signal: z.optional(signal) });

/**
 * Deletes every object of a scope and of the scopes below it, under both prefixes, or under the one of the call.
 *
 * @throws {StorageError} `CONFIG_INVALID`
 */
export async function release(
  parts: ManagerParts,
  scope: string,
  options: ReleaseOptions,
): Promise<{ deleted: number }> {
  const details: EventDetails = { store: parts.settings.store?.name, scope };
  const { prefix: below, ...call } = parseOptions(releaseSchema, options, "release");
  const settings = below === undefined ? parts.settings : settingsBelow(below, parts.settings);
  try {
    return await callStore(parts, "release", details, call, (callSignal) =>
      releaseScope(scope, settings, details, callSignal),
    );
  } finally {
    parts.source.forgetScope(scope);
  }
}

/** Settings of a manager whose own prefix is that of the call. @throws {StorageError} `CONFIG_INVALID` */
function settingsBelow(below: string, settings: ManagerSettings): ManagerSettings {
  assertReadablePrefix(below, settings, "release");
  return { ...settings, outputPrefix: below, inputPrefix: below };
}

async function releaseScope(
  scope: string,
  settings: ManagerSettings,
  details: EventDetails,
  callSignal: AbortSignal,
): Promise<{ deleted: number }> {
  const store = requireStore(settings, "release");
  assertPath(scope, "release", store.name);
  const prefixes = new Set([settings.outputPrefix, settings.inputPrefix]);
  for (const own of prefixes) assertRouted(own, store, "release"); // before anything is deleted
  let deleted = 0;
  const flush = async (paths: readonly string[]): Promise<void> => {
    await forEachConcurrent(paths, settings.concurrency, callSignal, async (path, groupSignal) => {
      await store.delete(path, { signal: groupSignal });
      deleted++;
    });
  };
  try {
    for (const own of prefixes) {
      let batch: string[] = [];
      for await (const { path } of listObjects(`${locationBelow(own, scope)}/`, { signal: callSignal }, settings)) {
        batch.push(path);
        if (batch.length < BATCH) continue;
        await flush(batch);
        batch = [];
      }
      await flush(batch);
    }
  } catch (error) {
    throw callFailure(error, callSignal, { operation: "release", store: store.name });
  } finally {
    details.objects = deleted;
  }
  return { deleted };
}
