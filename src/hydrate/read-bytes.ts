import { BodyBytes } from "./body-bytes.js";
import { bytesOf } from "../bytes/bytes.js";
import { StorageError, type StorageErrorDetails } from "../errors/error.js";
import { abortable } from "../async/abort.js";
import type { ReadResult } from "../store/store.js";
import { giveUp } from "../async/give-up.js";

/**
 * Takes the body of a read into memory.
 *
 * @param size bytes that were asked for; absent for the whole object
 * @param onBytes is called with the bytes so far, before they are kept. If it throws, the reading ends.
 * @throws what the store and `onBytes` throw; `ABORTED` at once when the signal fires
 */
export async function readBytes(
  read: Promise<ReadResult>,
  onBytes: (received: number) => void,
  signal: AbortSignal,
  details: StorageErrorDetails,
  size?: number,
): Promise<Uint8Array> {
  const result = await abortable(read, signal, undefined, (late) => late.cancel());
  const body = new BodyBytes(size ?? result.info.size);
  try {
    const iterator = result[Symbol.asyncIterator]();
    for (;;) {
      const next = await abortable(iterator.next(), signal);
      if (next.done === true) return body.bytes();
      const chunk = bytesOf(next.value);
      if (chunk === undefined) throw noBytes(details);
      onBytes(body.received + chunk.byteLength);
      body.add(chunk);
    }
  } finally {
    giveUp(() => result.cancel());
  }
}

function noBytes(details: StorageErrorDetails): StorageError {
  return new StorageError("UNEXPECTED", "The store gave a chunk of a body that is not bytes.", details);
}
