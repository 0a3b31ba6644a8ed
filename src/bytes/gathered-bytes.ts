const GROWTH = 8;

/**
 * Gathers chunks in one buffer, which grows with them, up to a limit. Chunks are copied, because their source may
 * reuse their memory. Many small chunks take no more memory than their bytes.
 */
export class GatheredBytes {
  #buffer: Buffer = Buffer.alloc(0);
  #size = 0;
  #limit: number;

  /**
   * @param limit maximum number of bytes
   * @param firstSize minimum size of the first buffer; default: the size of the first chunk
   */
  constructor(
    limit: number,
    private readonly firstSize = 0,
  ) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#size;
  }

  /** Takes as many bytes as fit, and returns the rest of the chunk, if there is one. */
  take(chunk: Uint8Array): Uint8Array | undefined {
    const taken = Math.min(chunk.byteLength, this.#limit - this.#size);
    this.#reserve(this.#size + taken);
    this.#buffer.set(taken === chunk.byteLength ? chunk : chunk.subarray(0, taken), this.#size);
    this.#size += taken;
    return taken === chunk.byteLength ? undefined : chunk.subarray(taken);
  }

  /**
   * Returns the gathered bytes, not copied. They change when more bytes are taken after a {@link GatheredBytes.clear}.
   */
  bytes(): Buffer {
    return this.#buffer.subarray(0, this.#size);
  }

  /** Returns the gathered bytes for keeping, in memory of their own, without room for more. */
  kept(): Buffer {
    if (this.#size === this.#buffer.byteLength) return this.#buffer;
    const kept = Buffer.allocUnsafeSlow(this.#size);
    kept.set(this.bytes());
    return kept;
  }

  /** Starts again with a new limit, in the same memory. */
  clear(limit: number): void {
    this.#limit = limit;
    this.#size = 0;
  }

  #reserve(size: number): void {
    if (size <= this.#buffer.byteLength) return;
    const room = Math.max(size, this.#buffer.byteLength * GROWTH, this.firstSize);
    // The buffer has its own memory. A pooled buffer would share it with unrelated code.
    const larger = Buffer.allocUnsafeSlow(Math.min(room, this.#limit));
    larger.set(this.bytes());
    this.#buffer = larger;
  }
}
