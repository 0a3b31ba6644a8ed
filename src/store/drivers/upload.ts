import { LinkedAbort } from "../../async/linked-abort.js";
import { checkedChunks } from "../body.js";
import type { Chunks, ObjectInfo, StoreBody, WriteOptions } from "../store.js";
import type { DriverCall } from "./driver-store.js";
import { quotedEtag } from "./object-info.js";
import { plainError } from "./service-errors.js";

/** Uploads a body that is a stream. A failure also aborts its source, which may hang otherwise. */
export async function uploadChunks<T>(
  body: StoreBody,
  options: WriteOptions,
  { details, signal }: DriverCall,
  maxSize: number,
  upload: (chunks: Chunks, stop: LinkedAbort) => Promise<T>,
): Promise<T> {
  const stop = new LinkedAbort(signal);
  const chunks = checkedChunks(body, { ...options, signal: stop.signal }, details, maxSize);
  try {
    return await upload(chunks, stop);
  } catch (error) {
    stop.abort(error);
    throw error;
  } finally {
    stop.unlink();
    await chunks.return();
  }
}

/**
 * Runs senders at the same time. The first failure stops the others, as does `stop`. It is thrown when all have
 * stopped.
 */
export async function sideBySide(
  count: number,
  stop: LinkedAbort,
  sender: (index: number) => Promise<void>,
): Promise<void> {
  const stopAll = (error: unknown): void => stop.abort(error);
  await Promise.all(Array.from({ length: count }, (_, index) => sender(index).catch(stopAll)));
  if (stop.signal.aborted) throw stop.signal.reason;
}

/**
 * Returns the error of a write that another write overtook. Checks the object to decide whether the condition failed.
 */
export async function decidedConflict(
  conflict: unknown,
  { ifNoneMatch, ifMatch }: WriteOptions,
  { details, signal }: DriverCall,
  stat: (call: DriverCall) => Promise<ObjectInfo | undefined>,
): Promise<unknown> {
  if (ifNoneMatch === undefined && ifMatch === undefined) return conflict;
  const call: DriverCall = { details, signal };
  const current = await stat(call);
  if (ifMatch === undefined) return current === undefined ? conflict : plainError("ALREADY_EXISTS", call);
  return current?.etag === quotedEtag(ifMatch) ? conflict : plainError("PRECONDITION_FAILED", call);
}
