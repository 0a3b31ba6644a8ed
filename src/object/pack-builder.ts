import { SPARE, type EncodedObject } from "./stored-object.js";

const NEWLINE = 0x0a;

/**
 * The bytes of an object that entries share: StoredObjects one a line, so that a pack can be read by eye, or binary one
 * after the other.
 */
export class PackBuilder {
  private buffer: Buffer;
  private length = 0;
  private readonly lineEnd: number;

  /**
   * @param maxSize bytes of the whole
   * @param expectedSize bytes that are expected; what is not used costs nothing
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
   * @returns where it begins; `undefined` when it is larger than it said, and must be added again
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

  /** Takes back the entry that was added last, which begins at `offset`. */
  removeLast(offset: number): void {
    this.length = offset;
  }

  /** Bytes of an entry. */
  slice(offset: number, size: number): Buffer {
    return this.buffer.subarray(offset, offset + size);
  }

  /** All that was added; nothing must be added any more. */
  get bytes(): Buffer {
    return this.buffer.subarray(0, this.length);
  }

  private grow(needed: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.min(this.maxSize, Math.max(needed, 2 * this.buffer.byteLength)) + SPARE);
    this.buffer.copy(larger, 0, 0, this.length);
    this.buffer = larger;
  }
}
