import { SPARE, type EncodedObject } from "./stored-object.js";

const NEWLINE = 0x0a;

/**
 * Builds the bytes of an object that entries share. StoredObjects stand one a line, so that people can read a pack.
 * Binary entries follow each other directly.
 */
export class PackBuilder {
  private buffer: Buffer;
  private length = 0;
  private readonly lineEnd: number;

  /**
   * @param maxSize maximum size in bytes of the whole object
   * @param expectedSize expected size in bytes; unused memory costs nothing
   */
  constructor(
    kind: "json" | "binary",
    private readonly maxSize: number,
    expectedSize: number,
  ) {
    this.lineEnd = kind === "json" ? 1 : 0;
    this.buffer = Buffer.allocUnsafeSlow(Math.min(maxSize, expectedSize) + SPARE);
  }

  hasRoomFor(size: number): boolean {
    return this.length + size + this.lineEnd <= this.maxSize;
  }

  /**
   * Adds an entry for which there is room.
   *
   * @returns the offset of the entry; `undefined` when it is larger than its declared size, and must be added again
   */
  add(entry: EncodedObject | Uint8Array): number | undefined {
    const offset = this.length;
    const size = entry instanceof Uint8Array ? entry.byteLength : entry.size;
    const end = offset + size + this.lineEnd;
    if (end + SPARE > this.buffer.byteLength) this.grow(end);
    if (entry instanceof Uint8Array) this.buffer.set(entry, offset);
    else if (!entry.writeTo(this.buffer, offset)) return undefined;
    if (this.lineEnd > 0) this.buffer[offset + size] = NEWLINE;
    this.length = end;
    return offset;
  }

  /** Removes the entry that was added last, which begins at `offset`. */
  removeLast(offset: number): void {
    this.length = offset;
  }

  /** Returns the bytes of an entry. */
  slice(offset: number, size: number): Buffer {
    return this.buffer.subarray(offset, offset + size);
  }

  /** All added bytes. Nothing may be added after that. */
  get bytes(): Buffer {
    return this.buffer.subarray(0, this.length);
  }

  private grow(needed: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.min(this.maxSize, Math.max(needed, 2 * this.buffer.byteLength)) + SPARE);
    this.buffer.copy(larger, 0, 0, this.length);
    this.buffer = larger;
  }
}
