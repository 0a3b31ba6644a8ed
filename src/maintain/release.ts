import * as z from "zod/mini";
import type { EventDetails } from "../observe/recorder.js";
import { locationBelow } from "../paths/location.js";
import { parseOptions } from "../options/parse-options.js";
import { assertPath } from "../paths/path.js";
import { assertRouted } from "../access/admit.js";
import { callStore, requireStore, type ManagerParts } from "../call/call.js";
import { assertReadablePrefix } from "../configure/confine.js";
import { forEachConcurrent } from "../async/concurrency.js";
import { listObjects } from "./list-objects.js";
import { type ManagerSettings } from "../configure/settings.js";
import { prefix, signal } from "../configure/fields.js";
import { expiryLabel } from "../object/expiry-label.js";
import { isReservedScope, RESERVED_SCOPE, roleOf, tombstone } from "../object/reserved-names.js";
import { lifetime } from "../configure/retention.js";
import { parseLocation } from "../reference/location.js";
import type { CallOptions } from "../store/store.js";
import { callFailure } from "../errors/as-storage-error.js";
import { StorageError } from "../errors/error.js";

// Objects are deleted in batches, so that a scope of any size takes little memory.
const BATCH = 1000;

/** Options of a release. */
export interface ReleaseOptions extends CallOptions {
  /**
   * Deletes below this prefix, in place of `outputPrefix` and `inputPrefix`. It is the prefix that was given to
   * `dehydrate`.
   */
  prefix?: string | undefined;
  /** Counts what would be deleted, and changes nothing; default false. */
  dryRun?: boolean | undefined;
  /**
   * Milliseconds, rounded up to the hour, for which readers of a payload of the scope get `RELEASED` in place of
   * `NOT_FOUND`. This code says that the payload was released, and is not lost. Default: readers get `NOT_FOUND`.
   */
  tombstone?: number | undefined;
}

export const releaseFields = {
  prefix: z.optional(prefix),
  dryRun: z.optional(z.boolean()),
  tombstone: z.optional(lifetime),
  signal: z.optional(signal),
};
const releaseSchema = z.strictObject(releaseFields);

/** A release within a call. */
export interface ScopeRelease {
  readonly scope: string;
  readonly dryRun?: boolean | undefined;
  readonly tombstone?: number | undefined;
  /** Whether the markers of readers that are done stay. They tell readers that come again that all is done. */
  readonly keepsMarkers?: boolean | undefined;
}

/**
 * Deletes every object of a scope and of the scopes below it. It does so under both prefixes, or under the prefix of
 * the call.
 *
 * @throws {StorageError} `CONFIG_INVALID`
 */
export async function release(
  parts: ManagerParts,
  scope: string,
  options: ReleaseOptions,
): Promise<{ deleted: number }> {
  const details: EventDetails = { store: parts.settings.store?.name, scope };
  const { prefix: below, signal: callSignal, ...how } = parseOptions(releaseSchema, options, "release");
  const settings = settingsBelow(below, parts.settings, "release");
  try {
    return await callStore(parts, "release", details, { signal: callSignal }, (signal) => {
      assertOwnScope(scope, "release");
      return releaseScope({ scope, ...how }, settings, details, signal);
    });
  } finally {
    parts.source.forgetScope(scope);
  }
}

/** Refuses a scope that no payload can have. @throws {StorageError} `CONFIG_INVALID` */
export function assertOwnScope(scope: unknown, operation: string): void {
  if (typeof scope !== "string" || !isReservedScope(scope)) return;
  const message = `The options of ${operation} are not valid. scope: ${RESERVED_SCOPE}.`;
  throw new StorageError("CONFIG_INVALID", message, { operation });
}

/**
 * Returns the settings of a manager whose own prefix is the one of the call, if the call has one.
 *
 * @throws {StorageError} `CONFIG_INVALID`
 */
export function settingsBelow(
  below: string | undefined,
  settings: ManagerSettings,
  operation: string,
): ManagerSettings {
  if (below === undefined) return settings;
  assertReadablePrefix(below, settings, operation);
  return { ...settings, outputPrefix: below, inputPrefix: below };
}

/**
 * Returns the directories in which the objects of a scope lie.
 *
 * @throws {StorageError} `INVALID_PATH`, `STORAGE_DISABLED`, `UNKNOWN_SCHEME`
 */
export function scopeDirectories(scope: string, settings: ManagerSettings, operation: string): string[] {
  const store = requireStore(settings, operation);
  assertPath(scope, operation, store.name);
  const prefixes = [...new Set([settings.outputPrefix, settings.inputPrefix])];
  for (const own of prefixes) assertRouted(own, store, operation); // before anything is changed
  return prefixes.map((own) => locationBelow(own, scope));
}

/** @param details receives the number of deleted objects, also when the call fails */
export async function releaseScope(
  how: ScopeRelease,
  settings: ManagerSettings,
  details: EventDetails,
  callSignal: AbortSignal,
): Promise<{ deleted: number }> {
  const store = requireStore(settings, "release");
  const directories = scopeDirectories(how.scope, settings, "release");
  details.objects ??= 0;
  let deleted = 0;
  const flush = async (objects: readonly Releasable[]): Promise<void> => {
    await forEachConcurrent(objects, settings.concurrency, callSignal, async ({ path, counts }, groupSignal) => {
      if (how.dryRun !== true) await store.delete(path, { signal: groupSignal });
      if (!counts) return;
      deleted++;
      details.objects!++;
    });
  };
  try {
    for (const directory of directories) {
      let batch: Releasable[] = [];
      let isTold = how.tombstone === undefined || how.dryRun === true;
      for await (const { path } of listObjects(`${directory}/`, { signal: callSignal }, settings)) {
        const object = releasable(path, how, settings);
        if (object === undefined) continue;
        // The tombstone comes first, so that a reader who misses an object finds it.
        if (object.counts && !isTold) {
          await putTombstone(directory, how.tombstone!, settings, callSignal);
          isTold = true;
        }
        batch.push(object);
        if (batch.length < BATCH) continue;
        await flush(batch);
        batch = [];
      }
      await flush(batch);
    }
  } catch (error) {
    throw callFailure(error, callSignal, { operation: "release", store: store.name });
  }
  return { deleted };
}

interface Releasable {
  readonly path: string;
  /** Whether the object is counted as deleted. Objects that this library keeps beside payloads do not count. */
  readonly counts: boolean;
}

/**
 * Returns an object if a release deletes it. A release keeps tombstones that are still valid, and markers if they are
 * to stay.
 */
function releasable(path: string, how: ScopeRelease, { retention }: ManagerSettings): Releasable | undefined {
  const { role, expires } = roleOf(parseLocation(path).path);
  if (role === "marker") return how.keepsMarkers === true ? undefined : { path, counts: false };
  if (role === "own") return { path, counts: false };
  if (role !== "tombstone") return { path, counts: true };
  return (expires ?? 0) > retention.clock.now() ? undefined : { path, counts: false };
}

async function putTombstone(
  directory: string,
  lifetime: number,
  { store, retention }: ManagerSettings,
  signal: AbortSignal,
): Promise<void> {
  const name = tombstone(expiryLabel(retention.clock.now(), lifetime));
  await store!.write(locationBelow(directory, name), new Uint8Array(), { signal });
}
