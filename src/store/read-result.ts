import { abortable } from "../async/abort.js";
import { StorageError, type StorageErrorDetails } from "../errors/error.js";
import type { Chunks, ObjectInfo, ReadResult } from "./store.js";

/** The call that a result came from. */
export interface ReadCall {
  /** The name of the store, for errors. */
  store?: string | undefined;
  /** The signal of the call. Once it has fired, reading on is `ABORTED`, even while a chunk is awaited. */
  signal?: AbortSignal | undefined;
}

/** Returns a {@link ReadResult} over bytes that are already here. */
export function bytesResult(info: ObjectInfo, bytes: Uint8Array, call?: ReadCall): ReadResult {
  async function* chunks(): Chunks {
    await Promise.resolve();
    if (bytes.byteLength > 0) yield bytes;
  }
  return streamResult(info, chunks(), undefined, call);
}

/**
 * Returns a {@link ReadResult} over chunks that are still to come.
 *
 * @param chunks read at most once; its `return()` is called when the reader stops early
 * @param release frees what holds the body, when it is given up before it was begun; default: `chunks.return()`
 * @param call gives the signal, and the name of the store for errors
 */
export function streamResult(
  info: ObjectInfo,
  chunks: AsyncIterable<Uint8Array>,
  release?: () => void | Promise<void>,
  call: ReadCall = {},
): ReadResult {
  const details = { operation: "read", store: call.store, path: info.path };
  let iterator: AsyncIterator<Uint8Array> | undefined;
  let cancelled = false;

  const begin = (): AsyncIterator<Uint8Array> => {
    if (cancelled || iterator !== undefined) {
      throw new StorageError(
        "UNEXPECTED",
        "The body of this read was already taken or cancelled; read again.",
        details,
      );
    }
    const source = releasedUnread(chunks[Symbol.asyncIterator](), release);
    return (iterator = abortableIterator(source, call.signal, details));
  };

  return {
    info,
    [Symbol.asyncIterator]: begin,
    async bytes() {
      const parts: Uint8Array[] = [];
      const all: AsyncIterable<Uint8Array> = { [Symbol.asyncIterator]: begin };
      for await (const part of all) parts.push(part);
      // A body that cancel() cut short is not whole.
      if (cancelled) throw new StorageError("UNEXPECTED", "The body was cancelled while it was read.", details);
      return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
    },
    async cancel() {
      if (cancelled) return;
      cancelled = true;
      if (iterator !== undefined) await iterator.return?.();
      else if (release !== undefined) await release();
      else await chunks[Symbol.asyncIterator]().return?.();
    },
  };
}

/** Returns the same result with another description. Its errors are what `asOwn` makes of them. */
export function redescribed(result: ReadResult, info: ObjectInfo, asOwn: (error: unknown) => unknown): ReadResult {
  const fail = (error: unknown): never => {
    throw asOwn(error);
  };
  const begin = (): AsyncIterator<Uint8Array> => {
    try {
      return result[Symbol.asyncIterator]();
    } catch (error) {
      return fail(error);
    }
  };
  return {
    info,
    [Symbol.asyncIterator]() {
      const iterator = begin();
      return {
        next: () => iterator.next().catch(fail),
        return: async () => (await iterator.return?.().catch(fail)) ?? { done: true, value: undefined },
      };
    },
    bytes: () => result.bytes().catch(fail),
    cancel: () => result.cancel().catch(fail),
  };
}

/**
 * Calls `release` if a body is closed before it was begun. A generator then runs none of its code, so it frees
 * nothing.
 */
function releasedUnread(
  iterator: AsyncIterator<Uint8Array>,
  release: (() => void | Promise<void>) | undefined,
): AsyncIterator<Uint8Array> {
  if (release === undefined) return iterator;
  let begun = false;
  return {
    next() {
      begun = true;
      return iterator.next();
    },
    async return() {
      if (!begun) await release();
      begun = true;
      return (await iterator.return?.()) ?? { done: true, value: undefined };
    },
  };
}

function abortableIterator(
  iterator: AsyncIterator<Uint8Array>,
  signal: AbortSignal | undefined,
  details: StorageErrorDetails,
): AsyncIterator<Uint8Array> {
  if (signal === undefined) return iterator;
  return {
    async next() {
      try {
        return await abortable(iterator.next(), signal, details);
      } catch (error) {
        // This is not awaited, since a body that hangs would not answer.
        if (signal.aborted) iterator.return?.().catch(() => undefined);
        throw error;
      }
    },
    return: async () => (await iterator.return?.()) ?? { done: true, value: undefined },
  };
}
