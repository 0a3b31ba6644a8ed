import type { Capability } from "../../capability.js";
import { isStorageError } from "../../../errors/error.js";
import { keptAttributes } from "../../copy-by-writing.js";
import { isSourceFailure } from "../../source-failure.js";
import type { ReadResult, StoreBody, WriteOptions } from "../../store.js";

/** Writes what was read of an object to copy it, with its attributes, and with its digest if that is known. */
export async function copyThrough<T>(
  { result, digest }: { result: ReadResult; digest: string | undefined },
  capability: Readonly<Capability>,
  signal: AbortSignal | undefined,
  write: (body: StoreBody, options: WriteOptions) => Promise<T>,
): Promise<T> {
  const options = { size: result.info.size, digest, signal, ...keptAttributes(capability, result.info) };
  try {
    return await write(result, options);
  } catch (error) {
    // If the source of the body failed, its error is the cause of the write's error. The caller gets the source's
    // error.
    throw isStorageError(error) && isSourceFailure(error) && isStorageError(error.cause) ? error.cause : error;
  } finally {
    await result.cancel();
  }
}
