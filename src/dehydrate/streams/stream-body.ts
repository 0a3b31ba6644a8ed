import { beginSha256 } from "../../bytes/digest.js";
import { type Hash } from "node:crypto";
import { StorageError } from "../../errors/error.js";
import type { StreamEncoding } from "../../codecs/entry-encoding.js";
import type { SourceReader } from "./read-source.js";

// A chunk may be a gigabyte. Its digest is computed in pieces of this size, about 1 ms each, with the store's work
// between.
const PIECE_SIZE = 1_048_576;

/** A stream on its way into a store. It is read and encoded at the pace of the store. */
export class StreamBody implements AsyncIterable<Uint8Array> {
  readonly #hash: Hash = beginSha256();
  #size = 0;
  #isBegun = false;
  #isWhole = false;

  constructor(
    private readonly reader: SourceReader,
    private readonly encoding: Pick<StreamEncoding, "encode">,
    private readonly signal: AbortSignal,
  ) {}

  /** Bytes handed on, as they are stored. */
  get size(): number {
    return this.#size;
  }

  /** Whether the stream has ended well, and all of it was handed on. */
  get isWhole(): boolean {
    return this.#isWhole;
  }

  /** Returns the SHA-256 of what was handed on. Call it once. */
  digest(): Buffer {
    return this.#hash.digest();
  }

  /**
   * Iterates over the encoded bytes. A new iteration may begin until something was read. So a layer can repeat a
   * write that did not get so far.
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    if (this.#isBegun) {
      throw new StorageError("UNEXPECTED", "A stream can be read only once.", { operation: "write" });
    }
    this.#isBegun = true;
    for await (const piece of this.encoding.encode(this.#pieces())) {
      this.#hash.update(piece);
      this.#size += piece.byteLength;
      yield piece;
    }
    this.#isWhole = true;
  }

  async *#pieces(): AsyncGenerator<Uint8Array, void, undefined> {
    for (;;) {
      const chunk = await this.reader.next(this.signal);
      if (chunk === undefined) return;
      for (let start = 0; start < chunk.byteLength; start += PIECE_SIZE) {
        yield chunk.subarray(start, start + PIECE_SIZE);
      }
    }
  }
}
