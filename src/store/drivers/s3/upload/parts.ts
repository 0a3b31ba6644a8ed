import { GatheredBytes } from "../../../../bytes/gathered-bytes.js";

/** A part of a body. */
export interface Part {
  /** From 1. */
  readonly number: number;
  /** As many as the part is to have, but for the last; they change when the buffer is filled again. */
  readonly bytes: Uint8Array;
}

/**
 * Cuts a body into parts. Those who send parts take turns in filling a buffer of their own, again and again, so that a
 * body of any size takes the memory of as many parts as are sent at a time, and leaves nothing for the garbage collector.
 */
export class Parts {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #turn: Promise<unknown> = Promise.resolve();
  #left: Uint8Array | undefined;
  #ended = false;
  #size = 0;
  #count = 0;

  /**
   * @param chunks the body; a chunk may use the memory of the one before
   * @param sizeOf bytes of a part, by its number
   */
  constructor(
    chunks: AsyncIterable<Uint8Array>,
    private readonly sizeOf: (number: number) => number,
  ) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** Whether the whole body was taken. */
  get ended(): boolean {
    return this.#ended && this.#left === undefined;
  }

  /** Bytes taken. */
  get size(): number {
    return this.#size;
  }

  /** A buffer for {@link Parts.next}. One for the first part begins small: most bodies are. */
  newBuffer(): GatheredBytes {
    const size = this.sizeOf(this.#count + 1);
    return this.#count === 0 ? new GatheredBytes(size) : new GatheredBytes(size, size);
  }

  /** The next part, or `undefined` when the body has ended; the first part of an empty body is empty. */
  next(buffer: GatheredBytes): Promise<Part | undefined> {
    const part = this.#turn.then(() => this.#next(buffer)); // a failure is that of all who come after
    this.#turn = part;
    return part;
  }

  async #next(buffer: GatheredBytes): Promise<Part | undefined> {
    if (this.ended) return undefined;
    const number = ++this.#count;
    buffer.clear(this.sizeOf(number));
    let left = this.#left === undefined ? undefined : buffer.take(this.#left);
    // Once the part is full, it looks for one byte more: only so it is known whether it was the last.
    while (left === undefined && !this.#ended) {
      const next = await this.#chunks.next();
      if (next.done === true) this.#ended = true;
      else left = buffer.take(next.value);
    }
    this.#left = left;
    this.#size += buffer.size;
    return { number, bytes: buffer.bytes() };
  }
}
