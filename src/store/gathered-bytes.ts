const FIRST_SIZE = 65_536;
const GROWTH = 4;

/**
 * Puts chunks together in one buffer, which grows as they come, up to a limit. Chunks are copied: their source may use
 * their memory again, and many small ones take no more than their bytes.
 */
export class GatheredBytes {
  #buffer: Buffer = Buffer.alloc(0);
  #size = 0;

  /**
   * @param limit most bytes, at least 1
   * @param firstSize size of the buffer to begin with
   */
  constructor(
    private readonly limit: number,
    private readonly firstSize = FIRST_SIZE,
  ) {}

  get size(): number {
    return this.#size;
  }

  get isFull(): boolean {
    return this.#size === this.limit;
  }

  /** Takes what there is room for, and says how many bytes that were. */
  take(chunk: Uint8Array): number {
    const taken = Math.min(chunk.byteLength, this.limit - this.#size);
    this.#reserve(this.#size + taken);
    this.#buffer.set(taken === chunk.byteLength ? chunk : chunk.subarray(0, taken), this.#size);
    this.#size += taken;
    return taken;
  }

  /** What was taken, not copied: it changes when more is taken after a {@link GatheredBytes.clear}. */
  bytes(): Buffer {
    return this.#buffer.subarray(0, this.#size);
  }

  /** Begins anew in the same memory. */
  clear(): void {
    this.#size = 0;
  }

  #reserve(size: number): void {
    if (size <= this.#buffer.byteLength) return;
    let room = Math.max(this.#buffer.byteLength * GROWTH, this.firstSize);
    while (room < size) room *= GROWTH;
    // Of its own: a pooled buffer would share its memory with strangers.
    const larger = Buffer.allocUnsafeSlow(Math.min(room, this.limit));
    larger.set(this.bytes());
    this.#buffer = larger;
  }
}
