import { createHash, type Hash } from "node:crypto";
import { StorageError } from "../error.js";
import type { SourceHead, SourceReader } from "./read-source.js";

// A chunk may be a gigabyte. Its digest is computed in pieces of this size, about 1 ms each, with the store's work between.
const PIECE_SIZE = 1_048_576;

/** A stream on its way into a store: how it began, and then the rest of it, as the store asks for it. */
export class StreamBody implements AsyncIterable<Uint8Array> {
  readonly #reader: SourceReader;
  readonly #signal: AbortSignal;
  readonly #hash: Hash = createHash("sha256");
  #head: SourceHead | undefined;
  #size = 0;
  #isWhole = false;

  constructor(reader: SourceReader, head: SourceHead, signal: AbortSignal) {
    this.#reader = reader;
    this.#head = head;
    this.#signal = signal;
  }

  /** Bytes handed on. */
  get size(): number {
    return this.#size;
  }

  /** Whether the stream has ended well, and all of it was handed on. */
  get isWhole(): boolean {
    return this.#isWhole;
  }

  /** SHA-256 of what was handed on. Once. */
  digest(): Buffer {
    return this.#hash.digest();
  }

  /** Can be begun anew until something was read: a layer may repeat a write that did not come so far. */
  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    return this.#pieces();
  }

  async *#pieces(): AsyncGenerator<Uint8Array, void, undefined> {
    const head = this.#head;
    if (head === undefined) {
      throw new StorageError("UNEXPECTED", "A stream can be read only once.", { operation: "write" });
    }
    this.#head = undefined;
    yield* this.#handOn(head.bytes);
    if (head.rest !== undefined) yield* this.#handOn(head.rest);
    for (;;) {
      const chunk = await this.#reader.next(this.#signal);
      if (chunk === undefined) break;
      yield* this.#handOn(chunk);
    }
    this.#isWhole = true;
  }

  *#handOn(chunk: Uint8Array): Generator<Uint8Array, void, undefined> {
    for (let start = 0; start < chunk.byteLength; start += PIECE_SIZE) {
      const piece = chunk.subarray(start, start + PIECE_SIZE);
      this.#hash.update(piece);
      this.#size += piece.byteLength;
      yield piece;
    }
  }
}
