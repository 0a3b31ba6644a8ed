import type { PayloadSource } from "../plan/source.js";
import { abortable } from "../store/abort.js";
import { StorageError } from "../error.js";
import { giveUp } from "./give-up.js";

/**
 * The bytes of a source in a payload. Chunks that are strings count as UTF-8.
 *
 * @throws {StorageError} `UNEXPECTED` when the source fails, `UNSERIALIZABLE` when it gives something else than bytes,
 *   `ABORTED` promptly, also while the source hangs; its iterator is closed then
 */
export async function readSource(source: PayloadSource, signal: AbortSignal): Promise<Uint8Array> {
  if (source instanceof Uint8Array) return source;
  const stream: AsyncIterable<unknown> = source instanceof Blob ? source.stream() : source;
  const iterator = stream[Symbol.asyncIterator]();
  const chunks: Uint8Array[] = [];
  let ended = false;
  try {
    for (;;) {
      const next = await abortable(nextChunk(iterator), signal);
      if (next.done === true) {
        ended = true;
        return Buffer.concat(chunks);
      }
      chunks.push(asBytes(next.value));
    }
  } finally {
    if (!ended) giveUp(() => iterator.return?.());
  }
}

async function nextChunk(iterator: AsyncIterator<unknown>): Promise<IteratorResult<unknown>> {
  try {
    return await iterator.next();
  } catch (cause) {
    throw new StorageError("UNEXPECTED", "A stream in the payload failed.", { operation: "dehydrate", cause });
  }
}

function asBytes(chunk: unknown): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk;
  if (typeof chunk === "string") return Buffer.from(chunk);
  throw new StorageError("UNSERIALIZABLE", "A stream in the payload gives chunks that are neither bytes nor strings.", {
    operation: "dehydrate",
  });
}
