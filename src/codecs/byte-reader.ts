const NOTHING = new Uint8Array(0);

/** Reads a given number of bytes at a time from chunks. */
export class ByteReader {
  readonly #iterator: AsyncIterator<Uint8Array>;
  #chunk: Uint8Array = NOTHING;
  #isOver = false;

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#iterator = chunks[Symbol.asyncIterator]();
  }

  /** Fills `target` as far as there are bytes. Returns the part that was filled. */
  async read(target: Buffer): Promise<Buffer> {
    let size = 0;
    while (size < target.byteLength && !(await this.isAtEnd())) {
      const part = this.#chunk.subarray(0, target.byteLength - size);
      target.set(part, size);
      size += part.byteLength;
      this.#chunk = this.#chunk.subarray(part.byteLength);
    }
    return target.subarray(0, size);
  }

  async isAtEnd(): Promise<boolean> {
    while (this.#chunk.byteLength === 0 && !this.#isOver) {
      this.#isOver = true; // also after a failure, because a failed iterator must not be closed
      const next = await this.#iterator.next();
      if (next.done === true) break;
      this.#chunk = next.value;
      this.#isOver = false;
    }
    return this.#chunk.byteLength === 0;
  }

  /** Yields the rest of the bytes. */
  async *rest(): AsyncGenerator<Uint8Array, void, undefined> {
    while (!(await this.isAtEnd())) {
      const chunk = this.#chunk;
      this.#chunk = NOTHING;
      yield chunk;
    }
  }

  /** Stops reading. */
  async close(): Promise<void> {
    if (!this.#isOver) await this.#iterator.return?.();
  }
}
