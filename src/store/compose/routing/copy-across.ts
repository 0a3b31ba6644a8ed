import type { StorageObserver } from "../../../observe/event.js";
import { tell } from "../../../observe/tell.js";
import { isStorageError } from "../../../errors/error.js";
import { abortable } from "../../../async/abort.js";
import { requireCapability } from "../../capability.js";
import type { CallOptions, ObjectInfo, ReadResult, Store, WriteOptions } from "../../store.js";
import { asGiven, routed, routedResult, type Route } from "./route.js";
import { restated } from "../../../errors/as-storage-error.js";

/** One end of a copy. */
export interface CopyEnd {
  readonly store: Store;
  readonly route: Route;
}

/**
 * Copies an object from one store into another: read and written at the same time, as fast as the slower of the two. Of
 * content type and metadata goes along what the other store can keep; the observer is told of what can't.
 */
export async function copyAcross(
  from: CopyEnd,
  to: CopyEnd,
  { signal }: CallOptions,
  observer: StorageObserver | undefined,
): Promise<ObjectInfo> {
  requireCapability(from.store, "read", "copy", from.route.text);
  requireCapability(to.store, "write", "copy", to.route.text);
  let source: ReadResult | undefined;
  const failure: { error?: unknown } = {};
  try {
    const read = routed(from.store.read(from.route.path, { signal }), from.route);
    source = await abortable(read, signal, undefined, (late) => late.cancel());
    // A body that is shorter or longer than the object is no copy of it.
    const options = { ...attributesFor(to.store, source.info, observer), size: source.info.size, signal };
    const written = to.store.write(to.route.path, watched(routedResult(source, from.route), failure), options);
    return asGiven(await abortable(routed(written, to.route), signal), to.route);
  } catch (error) {
    if (signal?.aborted && error === signal.reason) throw error; // a deadline's own
    // That the source failed says more than that the write did.
    const reason = failure.error === undefined || signal?.aborted ? error : failure.error;
    throw isStorageError(reason) ? restated(reason, { operation: "copy" }) : reason;
  } finally {
    // Not awaited: a body that hangs would not answer.
    source?.cancel().catch(() => undefined);
  }
}

function attributesFor(store: Store, info: ObjectInfo, observer: StorageObserver | undefined): WriteOptions {
  const { contentType, metadata } = info;
  const kept: WriteOptions = {};
  const drop = (option: "contentType" | "metadata"): void =>
    tell(observer, "option_dropped", store.name, { during: "copy", option });
  if (contentType !== undefined) {
    if (store.capability.contentType) kept.contentType = contentType;
    else drop("contentType");
  }
  if (metadata !== undefined && Object.keys(metadata).length > 0) {
    if (store.capability.metadata) kept.metadata = metadata;
    else drop("metadata");
  }
  return kept;
}

/** Hands the chunks on, and takes note of what the source fails with. */
async function* watched(source: ReadResult, failure: { error?: unknown }): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* source;
  } catch (error) {
    failure.error = error;
    throw error;
  }
}
