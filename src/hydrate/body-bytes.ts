import { constants } from "node:buffer";

// Bytes for which memory is allocated at once when a store announces them. For more, some bytes must come first.
const AT_ONCE = 64 * 1024 * 1024;
const GROWTH = 16;

/**
 * Joins the chunks of a body as they come, in one buffer of the announced size. So large bodies are neither held
 * twice nor copied in one go at the end. Chunks are copied, except when there is only one.
 */
export class BodyBytes {
  private readonly chunks: Uint8Array[] = [];
  private buffer: Buffer | undefined;
  private length = 0;

  /** @param size bytes that should come; there may be fewer or more */
  constructor(private readonly size: number) {}

  /** Bytes that have come. */
  get received(): number {
    return this.length;
  }

  add(chunk: Uint8Array): void {
    const start = this.length;
    this.length += chunk.byteLength;
    if (start > 0) this.buffer ??= this.room();
    if (this.buffer === undefined) {
      this.chunks.push(chunk);
    } else if (this.length <= this.buffer.byteLength) {
      this.buffer.set(chunk, start);
    } else {
      this.chunks.push(this.buffer.subarray(0, start), chunk);
      this.buffer = undefined;
    }
  }

  /** Returns all bytes that have come. */
  bytes(): Uint8Array {
    if (this.buffer !== undefined) return this.buffer.subarray(0, this.length);
    return this.chunks.length === 1 ? this.chunks[0]! : Buffer.concat(this.chunks, this.length);
  }

  /**
   * Returns a buffer that begins with the bytes so far. `undefined` as long as the announced size need not be
   * trusted.
   */
  private room(): Buffer | undefined {
    const { size } = this;
    if (!Number.isInteger(size) || this.length > size || size > constants.MAX_LENGTH) return undefined;
    if (size > Math.max(AT_ONCE, this.length * GROWTH)) return undefined;
    const buffer = Buffer.allocUnsafeSlow(size);
    let offset = 0;
    for (const chunk of this.chunks) {
      buffer.set(chunk, offset);
      offset += chunk.byteLength;
    }
    this.chunks.length = 0;
    return buffer;
  }
}
