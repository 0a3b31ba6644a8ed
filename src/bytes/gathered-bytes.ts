const GROWTH = 8;

/**
 * Puts chunks together in one buffer, which grows as they come, up to a limit. Chunks are copied: their source may use
 * their memory again, and many small ones take no more than their bytes.
 */
export class GatheredBytes {
  #buffer: Buffer = Buffer.alloc(0);
  #size = 0;
  #limit: number;

  /**
   * @param limit most bytes
   * @param firstSize least size of the buffer to begin with; default: as the first chunk
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

  /** Takes what there is room for, and gives the rest of the chunk, if there is one. */
  take(chunk: Uint8Array): Uint8Array | undefined {
    const taken = Math.min(chunk.byteLength, this.#limit - this.#size);
    this.#reserve(this.#size + taken);
    this.#buffer.set(taken === chunk.byteLength ? chunk : chunk.subarray(0, taken), this.#size);
    this.#size += taken;
    return taken === chunk.byteLength ? undefined : chunk.subarray(taken);
  }

  /** What was taken, not copied: it changes when more is taken after a {@link GatheredBytes.clear}. */
  bytes(): Buffer {
    return this.#buffer.subarray(0, this.#size);
  }

  /** What was taken, to be kept: without the room for more. */
  kept(): Buffer {
    return this.#size === this.#buffer.byteLength ? this.#buffer : Buffer.from(this.bytes());
  }

  /** Begins anew, in the same memory as far as the limit is the same. */
  clear(limit: number): void {
    this.#limit = limit;
    this.#size = 0;
  }

  #reserve(size: number): void {
    if (size <= this.#buffer.byteLength) return;
    const room = Math.max(size, this.#buffer.byteLength * GROWTH, this.firstSize);
    // Of its own: a pooled buffer would share its memory with strangers.
    const larger = Buffer.allocUnsafeSlow(Math.min(room, this.#limit));
    larger.set(this.bytes());
    this.#buffer = larger;
  }
}
