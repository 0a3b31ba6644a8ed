import { isStorageError } from "../errors/error.js";
import { abortable } from "../async/abort.js";
import type { Chunks, ObjectInfo, ReadResult, StoreBody, WriteOptions } from "./store.js";
import { restated } from "../errors/as-storage-error.js";
import type { Capability } from "./capability.js";
import type { CallDetails } from "./check.js";

/**
 * Copies an object by reading and writing it at the same time. The copy keeps content type and metadata as far as
 * `read` tells them. Any error is the error of a copy, whether the read or the write failed.
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
    // The size is declared, since a body that is shorter or longer than the object is no copy of it.
    return await write(watched(source, failure), { ...attributes, size, signal });
  } catch (error) {
    if (signal?.aborted && error === signal.reason) throw error; // the error of a deadline
    // If the source failed, its error says more than the error of the write.
    const reason = failure.error === undefined || signal?.aborted ? error : failure.error;
    throw isStorageError(reason) ? restated(reason, { operation: "copy" }) : reason;
  } finally {
    // This is not awaited, since a body that hangs would not answer.
    source?.cancel().catch(() => undefined);
  }
}

/** Returns the attributes of an object that a store with this capability keeps. */
export function keptAttributes(
  capability: Readonly<Capability>,
  { contentType, metadata }: WriteOptions,
): Pick<WriteOptions, "contentType" | "metadata"> {
  return {
    ...(capability.contentType && contentType !== undefined && { contentType }),
    ...(capability.metadata && metadata !== undefined && { metadata }),
  };
}

/** Hands the chunks on, and notes the error of the source. */
async function* watched(source: ReadResult, failure: { error?: unknown }): Chunks {
  try {
    yield* source;
  } catch (error) {
    failure.error = error;
    throw error;
  }
}
