import type { EncodedObject } from "./encoded-object.js";

const NEWLINE = 0x0a;

const MIN_BUFFER = 16_384;

/**
 * The bytes of an object that entries share: StoredObjects one a line, so that a pack can be read by eye, or binary one
 * after the other.
 */
export class PackBuilder {
  private buffer = Buffer.allocUnsafeSlow(0);
  private length = 0;
  private readonly lineEnd: number;

  /** @param maxSize bytes of the whole */
  constructor(
    kind: "json" | "binary",
    private readonly maxSize: number,
  ) {
    this.lineEnd = kind === "json" ? 1 : 0;
  }

  hasRoomFor(size: number): boolean {
    return this.length + size + this.lineEnd <= this.maxSize;
  }

  /**
   * Adds an entry for which there is room.
   *
   * @returns where it begins
   */
  add(entry: EncodedObject | Uint8Array): number {
    const offset = this.length;
    const size = entry instanceof Uint8Array ? entry.byteLength : entry.size;
    this.length = offset + size + this.lineEnd;
    if (this.length > this.buffer.byteLength) this.grow(offset);
    if (entry instanceof Uint8Array) this.buffer.set(entry, offset);
    else entry.writeTo(this.buffer, offset);
    if (this.lineEnd > 0) this.buffer[offset + size] = NEWLINE;
    return offset;
  }

  /** Takes back the entry that was added last, which begins at `offset`. */
  removeLast(offset: number): void {
    this.length = offset;
  }

  /** Bytes of an entry. */
  slice(offset: number, size: number): Buffer {
    return this.buffer.subarray(offset, offset + size);
  }

  /** All that was added; the builder must not be used any more. */
  get bytes(): Buffer {
    return this.buffer.subarray(0, this.length);
  }

  private grow(used: number): void {
    const size = Math.max(this.length, MIN_BUFFER, 2 * this.buffer.byteLength);
    const larger = Buffer.allocUnsafeSlow(Math.min(this.maxSize, size));
    this.buffer.copy(larger, 0, 0, used);
    this.buffer = larger;
  }
}
