import { Readable } from "node:stream";
import type { ReadableStream } from "node:stream/web";
import type { PayloadSource } from "../plan/source.js";
import { giveUp } from "./give-up.js";

/** A source that is being read. */
export interface OpenSource {
  /** The next chunk, as the source gives it. */
  next(): Promise<IteratorResult<unknown>>;
  /** Ends the source, also one that hangs or was never read. Waits for nothing. */
  close(reason: unknown): void;
}

/**
 * Makes a source ready to be read. Nothing is read yet.
 *
 * @throws {Error} what is wrong with a stream that can't be read any more: its bytes would be missing without a word
 */
export function openSource(source: Exclude<PayloadSource, Uint8Array>): OpenSource {
  if (source instanceof Blob) return webSource(source.stream());
  if (isWebStream(source)) return webSource(source);
  return isNodeStream(source) ? nodeSource(source) : iteratorSource(source[Symbol.asyncIterator]());
}

// By what they can do, not by `instanceof`: there are streams of other realms and packages.
function isWebStream(source: object): source is ReadableStream {
  return "getReader" in source && typeof source.getReader === "function";
}

function isNodeStream(source: object): source is Readable {
  const { destroy, on } = source as Partial<Readable>;
  return typeof destroy === "function" && typeof on === "function";
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
    // Not by an iterator, whose return() would wait for the chunk that is under way.
    close: (reason) => giveUp(() => reader.cancel(reason)),
  };
}

function nodeSource(stream: Readable): OpenSource {
  const { errored, readable } = stream as Partial<Readable>; // not every package's stream has them
  if (errored) throw errored;
  if (readable === false) throw new Error("The stream was read or destroyed already.");
  // A stream may fail before its turn comes, or once it is destroyed; a failure that nobody hears would end the process.
  stream.on("error", () => undefined);
  const iterator = (stream as AsyncIterable<unknown>)[Symbol.asyncIterator]();
  return {
    next: () => iterator.next(),
    close: () => giveUp(() => stream.destroy()), // without a reason: that would be an error of the stream
  };
}

function iteratorSource(iterator: AsyncIterator<unknown>): OpenSource {
  return {
    next: () => iterator.next(),
    close: () => giveUp(() => iterator.return?.()),
  };
}
