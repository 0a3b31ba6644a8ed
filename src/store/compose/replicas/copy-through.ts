import type { Capability } from "../../capability.js";
import { isStorageError } from "../../../errors/error.js";
import { isSourceFailure } from "../../source-failure.js";
import type { ReadResult, StoreBody, WriteOptions } from "../../store.js";

/** Copies an object by writing what was read of it, with its attributes, and its digest if that is known. */
export async function copyThrough<T>(
  { result, digest }: { result: ReadResult; digest: string | undefined },
  capability: Readonly<Capability>,
  signal: AbortSignal | undefined,
  write: (body: StoreBody, options: WriteOptions) => Promise<T>,
): Promise<T> {
  const { size, contentType, metadata } = result.info;
  const options = {
    size,
    digest,
    signal,
    ...(capability.contentType && contentType !== undefined && { contentType }),
    ...(capability.metadata && metadata !== undefined && { metadata }),
  };
  try {
    return await write(result, options);
  } catch (error) {
    // What the source of a body says is the cause of what the write says.
    throw isStorageError(error) && isSourceFailure(error) && isStorageError(error.cause) ? error.cause : error;
  } finally {
    await result.cancel();
  }
}
