import { foundOrMissing, isNotFound, isStorageError } from "../../../errors/error.js";
import { contentAddressedDigest } from "../../../object/object-name.js";
import type { ObjectInfo, ReadResult, Store, WriteOptions } from "../../store.js";

/**
 * The outcome of one object. `skipped`: it was there already, or was gone before it was copied. `undone`: it was
 * deleted while it was copied.
 */
export type CopyOutcome = "copied" | "skipped" | "undone";

/**
 * Copies one object into another store, unless it is there. Then it looks whether the object was deleted from the
 * first store meanwhile. A delete goes to the first store, and then to the other one. So either the delete finds the
 * copy, or this look finds the delete.
 *
 * @param signal ends the copying. The look goes on after it, and so does taking a copy back. A caller that aborts
 *   does not wait for them.
 * @throws {StorageError} what failed. The object is then in `from` as before, and no copy is left unchecked.
 */
export async function copyObject(from: Store, to: Store, path: string, signal: AbortSignal): Promise<CopyOutcome> {
  const source = await foundOrMissing(from.read(path, { signal }));
  if (source === undefined) return "skipped";
  let copy: ObjectInfo | undefined;
  try {
    copy = await writeIfAbsent(to, path, source, signal);
  } catch (error) {
    // Nobody knows whether the object was written in spite of the error. But an object that is gone must stay gone.
    if (await isGone(from, path)) await takeBack(to, path).catch(() => undefined);
    throw error;
  } finally {
    source.cancel().catch(() => undefined);
  }
  return copy === undefined ? "skipped" : settleCopy(from, to, path, copy);
}

/**
 * Writes the copy of an object, unless an object is there already.
 *
 * @returns `undefined` if an object is there already
 */
async function writeIfAbsent(
  to: Store,
  path: string,
  source: ReadResult,
  signal: AbortSignal,
): Promise<ObjectInfo | undefined> {
  const { size, contentType, metadata } = source.info;
  const options: WriteOptions = {
    size,
    digest: contentAddressedDigest(path),
    signal,
    ...(contentType !== undefined && to.capability.contentType && { contentType }),
    // A store that keeps no metadata refuses the write, so that metadata is not lost in silence.
    ...(metadata !== undefined && Object.keys(metadata).length > 0 && { metadata }),
  };
  if (to.capability.ifNoneMatch) options.ifNoneMatch = "*";
  else if ((await to.stat(path, { signal })) !== undefined) return undefined;
  try {
    return await to.write(path, source, options);
  } catch (error) {
    if (isStorageError(error, "ALREADY_EXISTS")) return undefined;
    throw error;
  }
}

/**
 * Takes a copy back unless the object is still in `from`. It also does so when nobody can tell, since the object can
 * be copied again.
 */
async function settleCopy(from: Store, to: Store, path: string, copy: ObjectInfo): Promise<CopyOutcome> {
  try {
    if ((await from.stat(path)) !== undefined) return "copied";
  } catch (error) {
    await takeBack(to, path, copy.etag);
    throw error;
  }
  await takeBack(to, path, copy.etag);
  return "undone";
}

async function isGone(from: Store, path: string): Promise<boolean> {
  return from.stat(path).then(
    (info) => info === undefined,
    () => false,
  );
}

/**
 * Deletes a copy. It is no error if the copy is gone.
 *
 * @param etag the etag of the copy, if it is known. An object that somebody else wrote since is then not deleted.
 */
async function takeBack(to: Store, path: string, etag?: string): Promise<void> {
  try {
    await to.delete(path, to.capability.deleteIfMatch && etag !== undefined ? { ifMatch: etag } : {});
  } catch (error) {
    if (!isNotFound(error) && !isStorageError(error, "PRECONDITION_FAILED")) throw error;
  }
}
