import * as z from "zod/mini";
import { throwIfAborted } from "../../../async/abort.js";
import { forEachConcurrent } from "../../../async/concurrency.js";
import { giveUp } from "../../../async/give-up.js";
import { LinkedAbort } from "../../../async/linked-abort.js";
import { WalkFrontier } from "../../../async/walk-frontier.js";
import { callFailure } from "../../../errors/as-storage-error.js";
import { StorageError, type StorageErrorDetails } from "../../../errors/error.js";
import { notify } from "../../../observe/notify.js";
import { functionField } from "../../../options/fields.js";
import { parseOptions } from "../../../options/parse-options.js";
import { pathProblem } from "../../../paths/path.js";
import { isSignal } from "../../call-options.js";
import { overlapOfStores, overlapProblem } from "../../place.js";
import { guardedStore } from "../../guard/guarded-store.js";
import { comparedObjects } from "./compared-listings.js";
import { copyObject } from "./copy-object.js";
import { areTwo, migrationFields, type MigrationStores } from "./options.js";

/** The result of a migration. Each object that was in `from` counts in one of the four counters. */
export interface MigrateResult {
  /** Objects that were copied. */
  copied: number;
  /** Objects that `to` had already, or that were gone from `from` before they were copied. */
  skipped: number;
  /** Objects that were deleted from `from` while they were copied. Their copies were taken back. */
  undone: number;
  /** Bytes of the objects that were copied. */
  bytes: number;
  /** Objects that could not be copied. They are in `from` as before. */
  failed: number;
  /**
   * All objects up to this path are done. A migration that goes on from here takes it as `startAfter`. It stays
   * before the objects that failed.
   */
  lastPath?: string;
}

/** How far a migration has come. */
export interface MigrateProgress extends MigrateResult {
  /** The object that failed just now, if one did, and why. */
  failure?: { path: string; error: StorageError };
}

/** Options of {@link migrate}. */
export interface MigrateOptions extends MigrationStores {
  /** Beginning of the paths of the objects to copy. Default all. */
  prefix?: string | undefined;
  /** Objects that are copied at a time. Default 8. */
  concurrency?: number | undefined;
  /** Path after which the migration begins. */
  startAfter?: string | undefined;
  /** Is called after every object. What it throws is ignored. */
  onProgress?: ((progress: MigrateProgress) => void) | undefined;
  /** Aborts the call, which rejects with `ABORTED`. The objects that were copied stay. */
  signal?: AbortSignal | undefined;
}

const listable = z
  .string()
  .check(
    z.refine(
      (value) => value === "" || pathProblem(value.replace(/\/$/, "")) === undefined,
      "must be the beginning of an object path",
    ),
  );

const schema = z
  .strictObject({
    ...migrationFields,
    prefix: z._default(listable, ""),
    concurrency: z._default(z.int().check(z.gte(1), z.lte(1000)), 8),
    startAfter: z.optional(listable),
    onProgress: z.optional(functionField<NonNullable<MigrateOptions["onProgress"]>>()),
    signal: z.optional(z.custom<AbortSignal>(isSignal, "must be an AbortSignal")),
  })
  .check(areTwo);

/**
 * Copies the objects of one store that another one lacks, under the same paths, with content type and metadata. Both
 * stores may be in use meanwhile: see {@link MigratingStore} and `docs/moving.md`. Nothing is deleted from `from`.
 *
 * An object that is deleted from `from` while it is copied does not come back. After each copy the object is looked
 * for again, and the copy is taken back if it is gone. So deletes must go to `from` first, as those of a
 * `MigratingStore` do. Do not write a deleted path again while this runs. Taking a copy back could delete the new
 * object, unless `to` deletes by etags of versions.
 *
 * Two sorted listings are walked side by side. They cost one request each for 1,000 objects. An object that `to`
 * lacks costs a read, a conditional write and a `stat`. An object that `to` has costs no more. Memory holds a page of
 * each listing and parts of the objects in flight, which are streamed. Objects that a manager named are checked
 * against the digest in their name.
 *
 * If `to` keeps no content types, they are left behind. If it keeps no metadata, an object that has some fails. If it
 * has no `ifNoneMatch`, a `stat` comes before each write.
 *
 * Two layers over the same store, such as {@link withPrefix}, are refused where copies would lie among what is copied.
 *
 * @returns when all objects were visited, even if some failed. Run it again until `failed` is 0.
 * @throws {StorageError} `CONFIG_INVALID` that names each option which is wrong; `ABORTED`; what a listing rejects
 *   with. `onProgress` has told what was done until then.
 * @example
 * const { failed } = await migrate({ from: oldStore, to: newStore });
 * if (failed === 0) console.log("Everything that was in the old store is in the new one.");
 */
export async function migrate(options: MigrateOptions): Promise<MigrateResult> {
  const { prefix, concurrency, startAfter, onProgress, signal, ...stores } = parseOptions(schema, options, "migrate");
  const [from, to] = [guardedStore(stores.from), guardedStore(stores.to)];
  const result: MigrateResult = { copied: 0, skipped: 0, undone: 0, bytes: 0, failed: 0 };
  const frontier = new WalkFrontier();
  const report = (failure?: MigrateProgress["failure"]): void => {
    if (frontier.lastPath !== undefined) result.lastPath = frontier.lastPath;
    if (onProgress !== undefined) notify(onProgress, { ...result, ...(failure && { failure }) });
  };
  const details = { operation: "migrate", store: from.name };
  await assertApart({ from, to }, prefix, signal, details);
  const call = new LinkedAbort(signal);
  const objects = comparedObjects(from, to, prefix, { startAfter, signal: call.signal });
  try {
    await forEachConcurrent(objects, concurrency, call.signal, async ({ object, isThere }, groupSignal) => {
      const { path, size } = object;
      if (isThere) {
        frontier.pass(path);
        result.skipped++;
        report();
        return;
      }
      const visit = frontier.begin(path);
      try {
        const outcome = await copyObject(from, to, path, groupSignal);
        if (groupSignal.aborted) return;
        result[outcome]++;
        if (outcome === "copied") result.bytes += size;
        visit.end();
        report();
      } catch (cause) {
        if (groupSignal.aborted) throw cause;
        result.failed++;
        visit.fail();
        report({ path, error: callFailure(cause, signal, { operation: "migrate", path }) });
      }
    });
    return result;
  } catch (error) {
    throwIfAborted(signal, details);
    throw callFailure(error, signal, details);
  } finally {
    call.abort(new Error("The migration has ended."));
    call.unlink();
    giveUp(() => objects.return());
  }
}

/** @throws {StorageError} `CONFIG_INVALID` for stores whose copies would lie among what is copied */
async function assertApart(
  { from, to }: MigrationStores,
  prefix: string,
  signal: AbortSignal | undefined,
  details: StorageErrorDetails,
): Promise<void> {
  const problem = await overlapProblem(from, overlapOfStores(from, to, prefix), signal, details);
  if (problem !== undefined) throw new StorageError("CONFIG_INVALID", problem, details);
}
