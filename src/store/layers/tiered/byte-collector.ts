/** Puts chunks together in one buffer, of at most `limit` bytes. */
export class ByteCollector {
  #buffer: Uint8Array;
  #length = 0;

  /** @param expected bytes to make room for at the start; more room is made when it is needed */
  constructor(
    private readonly limit: number,
    expected = 64 * 1024,
  ) {
    this.#buffer = new Uint8Array(Math.min(expected, limit));
  }

  /**
   * Copies a chunk, since its source may use the buffer again. Returns the copy, or `undefined` when it exceeds the
   * limit.
   */
  add(chunk: Uint8Array): Uint8Array | undefined {
    const start = this.#length;
    const end = start + chunk.byteLength;
    if (end > this.limit) return undefined;
    if (end > this.#buffer.byteLength) this.#grow(end);
    this.#buffer.set(chunk, start);
    this.#length = end;
    return this.#buffer.subarray(start, end);
  }

  /** Returns the bytes so far, in a buffer without spare room, since it may be kept for long. */
  collected(): Uint8Array {
    return this.#length === this.#buffer.byteLength ? this.#buffer : this.#buffer.slice(0, this.#length);
  }

  #grow(needed: number): void {
    const larger = new Uint8Array(Math.min(this.limit, Math.max(needed, 2 * this.#buffer.byteLength)));
    larger.set(this.#buffer.subarray(0, this.#length));
    this.#buffer = larger;
  }
}
