import { abortable } from "../../async/abort.js";
import { streamResult } from "../../store/read-result.js";
import type { ReadResult, Store } from "../../store/store.js";

/** A part of an object. */
export interface PartOfObject {
  readonly offset: number;
  readonly length: number;
}

/** A part of an object to open. Without a `length`, it goes to the end of the object. */
export interface PartToOpen {
  readonly offset: number;
  readonly length?: number | undefined;
}

/** Returns whether a store reads parts of the object at `path`, without the rest of it. */
export async function readsParts(store: Store, path: string, signal: AbortSignal): Promise<boolean> {
  if (store.capabilityOf === undefined) return store.capability.rangeRead;
  const capability = await abortable(store.capabilityOf(path, { signal }), signal);
  return capability.rangeRead;
}

/**
 * Opens an object or a part of it. If the store can't read parts, it reads from the beginning to the end of the part.
 */
export async function openPart(
  store: Store,
  path: string,
  part: PartToOpen | undefined,
  signal: AbortSignal,
): Promise<ReadResult> {
  if (part === undefined || (await readsParts(store, path, signal))) return store.read(path, { ...part, signal });
  const result = await store.read(path, { signal });
  const opened = streamResult(result.info, chunksOf(result, part), undefined, { store: store.name });
  const cancel = async (): Promise<void> => {
    await result.cancel(); // first, because a generator that waits for a hanging body can't be told
    await opened.cancel();
  };
  return { ...opened, cancel };
}

/**
 * Yields a part of a body, and cancels the body after the part. A part without `length` is read to the end of the
 * body.
 */
export async function* chunksOf(
  chunks: AsyncIterable<Uint8Array>,
  { offset, length }: PartToOpen,
): AsyncGenerator<Uint8Array, void, undefined> {
  const end = length === undefined ? Number.POSITIVE_INFINITY : offset + length;
  let position = 0;
  for await (const chunk of chunks) {
    const begin = position;
    position += chunk.byteLength;
    if (position > offset) yield chunk.subarray(Math.max(offset - begin, 0), end - begin);
    if (position >= end) return;
  }
}
