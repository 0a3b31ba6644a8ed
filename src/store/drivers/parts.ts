import { GatheredBytes } from "../../bytes/gathered-bytes.js";

/** A part of a body. */
export interface Part {
  /** Starts at 1. */
  readonly number: number;
  /** All parts but the last have their full size. The bytes change when the buffer is filled again. */
  readonly bytes: Uint8Array;
}

/** A part that was already taken, and its buffer. The buffer is free once the part is sent. */
export interface TakenPart {
  readonly part: Part;
  readonly buffer: GatheredBytes;
}

/**
 * Cuts a body into parts. Senders take turns to fill their own buffers, which they reuse. So a body of any size needs
 * only the memory of the parts in flight, and leaves nothing to the garbage collector.
 */
export class Parts {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #turn: Promise<unknown> = Promise.resolve();
  #left: Uint8Array | undefined;
  #ended = false;
  #size = 0;
  #count = 0;

  /**
   * @param chunks the body; a chunk may reuse the memory of the one before
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

  /** Makes a buffer for {@link Parts.next}. A buffer for the first part begins small, since most bodies are small. */
  newBuffer(): GatheredBytes {
    const size = this.sizeOf(this.#count + 1);
    return this.#count === 0 ? new GatheredBytes(size) : new GatheredBytes(size, size);
  }

  /** Returns the next part, or `undefined` after the end of the body. The first part of an empty body is empty. */
  next(buffer: GatheredBytes): Promise<Part | undefined> {
    const part = this.#turn.then(() => this.#next(buffer)); // a failure also fails all later calls
    this.#turn = part;
    return part;
  }

  async #next(buffer: GatheredBytes): Promise<Part | undefined> {
    if (this.ended) return undefined;
    const number = ++this.#count;
    buffer.clear(this.sizeOf(number));
    let left = this.#left === undefined ? undefined : buffer.take(this.#left);
    // Once the part is full, one more byte is read. Only then is it known whether the part was the last.
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
