const NOTHING = new Uint8Array(0);

/** Reads chunks as so many bytes at a time. */
export class ByteReader {
  readonly #iterator: AsyncIterator<Uint8Array>;
  #chunk: Uint8Array = NOTHING;
  #isOver = false;

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#iterator = chunks[Symbol.asyncIterator]();
  }

  /** Fills `target` as far as there are bytes. Gives what was filled. */
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
      this.#isOver = true; // also of what fails, which is not to be closed
      const next = await this.#iterator.next();
      if (next.done === true) break;
      this.#chunk = next.value;
      this.#isOver = false;
    }
    return this.#chunk.byteLength === 0;
  }

  /** What is left. */
  async *rest(): AsyncGenerator<Uint8Array, void, undefined> {
    while (!(await this.isAtEnd())) {
      const chunk = this.#chunk;
      this.#chunk = NOTHING;
      yield chunk;
    }
  }

  /** Reads no further. */
  async close(): Promise<void> {
    if (!this.#isOver) await this.#iterator.return?.();
  }
}
