/**
 * Reads one source for several readers. The fastest reader may be ahead of the slowest by about `window` bytes, which
 * are held. Then it waits. A reader that leaves is not waited for.
 */
export class FanOut {
  readonly #source: AsyncIterator<Uint8Array>;
  readonly #window: number;
  /** Index of the next chunk of each reader, counted from the beginning. Absent once the reader has left. */
  readonly #positions = new Map<number, number>();
  /** Chunks that some reader has not read yet. */
  #chunks: Uint8Array[] = [];
  /** Number of chunks that all readers have read. */
  #passed = 0;
  #held = 0;
  #pulling = false;
  #end: { failure: unknown } | "end" | undefined;
  #waiting: (() => void)[] = [];

  constructor(source: AsyncIterable<Uint8Array>, readers: number, window: number) {
    this.#source = source[Symbol.asyncIterator]();
    this.#window = window;
    for (let reader = 0; reader < readers; reader++) this.#positions.set(reader, 0);
  }

  /** Returns the next chunk for a reader, or `undefined` at the end. */
  async next(reader: number): Promise<Uint8Array | undefined> {
    for (;;) {
      const position = this.#positions.get(reader);
      // The reader's store was given up. It must not take this for the end of the body.
      if (position === undefined) throw new Error("The body was given up.");
      const chunk = this.#chunks[position - this.#passed];
      if (chunk !== undefined) {
        this.#positions.set(reader, position + 1);
        this.#trim();
        return chunk;
      }
      if (this.#end === "end") return undefined;
      if (this.#end !== undefined) throw this.#end.failure;
      if (!this.#pulling && (this.#held < this.#window || this.#held === 0)) void this.#pull();
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  leave(reader: number): void {
    if (this.#positions.delete(reader)) this.#trim();
  }

  async #pull(): Promise<void> {
    this.#pulling = true;
    try {
      const step = await this.#source.next();
      if (step.done === true) this.#end = "end";
      else {
        this.#chunks.push(new Uint8Array(step.value)); // the source may use its buffer again
        this.#held += step.value.byteLength;
      }
    } catch (failure) {
      this.#end = { failure };
    } finally {
      this.#pulling = false;
      this.#wake();
    }
  }

  #trim(): void {
    const slowest = Math.min(...this.#positions.values());
    while (this.#chunks.length > 0 && this.#passed < slowest) {
      this.#held -= this.#chunks.shift()!.byteLength;
      this.#passed++;
    }
    this.#wake();
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resume of waiting) resume();
  }
}
