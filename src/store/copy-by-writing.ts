import { isStorageError } from "../errors/error.js";
import { abortable } from "../async/abort.js";
import type { ObjectInfo, ReadResult, StoreBody, WriteOptions } from "./store.js";
import { restated } from "../errors/as-storage-error.js";
import type { CallDetails } from "./check.js";

/**
 * Copies an object by reading and writing it at the same time. Content type and metadata go along as far as `read` tells
 * them. Fails as a copy, whichever of the two failed.
 */
export async function copyByWriting(
  read: () => Promise<ReadResult>,
  write: (body: StoreBody, options: WriteOptions) => Promise<ObjectInfo>,
  { signal, details }: { readonly signal?: AbortSignal | undefined; readonly details?: CallDetails | undefined },
): Promise<ObjectInfo> {
  let source: ReadResult | undefined;
  const failure: { error?: unknown } = {};
  try {
    source = await abortable(read(), signal, details, (late) => late.cancel());
    const { contentType, metadata, size } = source.info;
    const attributes = {
      ...(contentType !== undefined && { contentType }),
      ...(metadata !== undefined && Object.keys(metadata).length > 0 && { metadata }),
    };
    // With its size: a body that is shorter or longer than the object is no copy of it.
    return await write(watched(source, failure), { ...attributes, size, signal });
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

/** Hands the chunks on, and takes note of what the source fails with. */
async function* watched(source: ReadResult, failure: { error?: unknown }): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* source;
  } catch (error) {
    failure.error = error;
    throw error;
  }
}
