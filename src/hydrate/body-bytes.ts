import { constants } from "node:buffer";

// Bytes for which there is room at once where a store says that so many come. More have to begin to come.
const AT_ONCE = 64 * 1024 * 1024;
const GROWTH = 16;

/**
 * Puts the chunks of a body together as they come: in one buffer of the size that was said, so that many bytes are neither held
 * twice nor copied in one go when the last has come. Chunks are copied, but where there is one only.
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

  /** All that has come. */
  bytes(): Uint8Array {
    if (this.buffer !== undefined) return this.buffer.subarray(0, this.length);
    return this.chunks.length === 1 ? this.chunks[0]! : Buffer.concat(this.chunks, this.length);
  }

  /** A buffer that begins with what has come; `undefined` as long as nobody has to believe that so much will. */
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
