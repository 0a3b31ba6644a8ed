import { Readable } from "node:stream";
import { types } from "node:util";
import type { ReadableStream } from "node:stream/web";
import { giveUp } from "../async/give-up.js";

/** Bytes that are still to come: a stream of Node or of the web, a `Blob`, the result of a read, any async iterable. */
export type Source = Blob | AsyncIterable<unknown>;

/** A source that is being read. */
export interface OpenSource {
  /** Returns the next chunk, as the source gives it. */
  next(): Promise<IteratorResult<unknown>>;
  /** Ends the source, even if it hangs or was never read. Settles when it has closed, which may be never. */
  close(reason: unknown): Promise<unknown>;
}

/**
 * Makes a source ready to be read. Nothing is read yet.
 *
 * @throws {Error} why a stream can't be read any more. Without this error, its bytes would be missing in silence.
 */
export function openSource(source: Source): OpenSource {
  if (source instanceof Blob) return webSource(source.stream());
  if (isWebStream(source)) return webSource(source);
  return isNodeStream(source) ? nodeSource(source) : iteratorSource(source);
}

/**
 * Ends a source that nobody has opened. Waits for nothing, and never fails. A stream that is locked to a reader is
 * left to that reader.
 */
export function endSource(source: Source, reason: unknown): void {
  giveUp(() => {
    if (source instanceof Blob) return undefined; // holds nothing open
    if (isWebStream(source)) return source.cancel(reason);
    if (isNodeStream(source)) return destroy(source);
    return isCancellable(source) ? source.cancel() : source[Symbol.asyncIterator]().return?.();
  });
}

// These functions look at what a stream can do, and not at `instanceof`, since streams come from other realms and
// packages.
function isWebStream(source: object): source is ReadableStream {
  return "getReader" in source && typeof source.getReader === "function";
}

function isNodeStream(source: object): source is Readable {
  const { destroy: end, on } = source as Partial<Readable>;
  return typeof end === "function" && typeof on === "function";
}

// The result of a read can be cancelled.
function isCancellable(source: object): source is { cancel(): unknown } {
  return "cancel" in source && typeof source.cancel === "function";
}

function webSource(stream: ReadableStream): OpenSource {
  if (stream.locked) throw new Error("The stream is locked to a reader.");
  if (Readable.isDisturbed(stream as unknown as NodeJS.ReadableStream)) throw new Error("The stream was read already.");
  const reader: ReadableStreamDefaultReader<unknown> = stream.getReader();
  return {
    next: async () => {
      const next = await reader.read();
      if (next.done) reader.releaseLock();
      return next as IteratorResult<unknown>;
    },
    // The reader is cancelled, since the return() of an iterator would wait for the chunk in flight.
    close: async (reason) => reader.cancel(reason),
  };
}

function nodeSource(stream: Readable): OpenSource {
  const { errored, readable } = stream as Partial<Readable>; // not every package's stream has them
  if (errored) throw errored;
  if (readable === false) throw new Error("The stream was read or destroyed already.");
  // A stream may fail before its turn comes. An error without a listener would end the process.
  stream.on("error", ignore);
  const iterator = (stream as AsyncIterable<unknown>)[Symbol.asyncIterator]();
  return readOnce(stream, {
    next: () => iterator.next(),
    close: () => destroy(stream),
  });
}

function iteratorSource(source: AsyncIterable<unknown>): OpenSource {
  const iterator = source[Symbol.asyncIterator]();
  const opened: OpenSource = {
    next: () => iterator.next(),
    // The result is a promise, whatever the source throws at once or returns.
    close: () => new Promise((resolve) => resolve(isCancellable(source) ? source.cancel() : iterator.return?.())),
  };
  return types.isGeneratorObject(source) ? readOnce(source, opened) : opened;
}

// Sources that a reader has begun. Neither a Node stream nor a generator shows this itself.
const begun = new WeakSet<object>();

/** Lets only one reader read a source. A second reader would silently miss bytes, so it is refused. */
function readOnce(source: object, opened: OpenSource): OpenSource {
  let isOwn = false;
  return {
    next: () => {
      if (!isOwn && begun.has(source))
        return Promise.reject(
          new Error("The stream was read already, or is being read. Give each call a stream of its own."),
        );
      if (!isOwn) begun.add(source);
      isOwn = true;
      return opened.next();
    },
    // Only its reader ends it.
    close: (reason) => (isOwn || !begun.has(source) ? opened.close(reason) : Promise.resolve()),
  };
}

async function destroy(stream: Readable): Promise<void> {
  stream.on("error", ignore); // it may fail once it is destroyed, as a file does that is still being opened
  stream.destroy(); // without a reason: that would be an error of the stream
  return Promise.resolve();
}

function ignore(): void {
  // The reader of the stream gets the error.
}
