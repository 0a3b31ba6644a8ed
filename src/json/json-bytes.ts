import { tooLong } from "./serialize.js";

// Bytes that one step copies.
const COPY_STEP = 4 * 1024 * 1024;
// Size in bytes of the next buffer when the first is full.
const MIN_GROWTH = 65_536;
// UTF-8 has at most three bytes for a UTF-16 unit.
const MAX_UNIT_SIZE = 3;

/** Takes text as UTF-8. It needs no copy of the whole where the size was expected. */
export class JsonBytes {
  private readonly full: Buffer[] = []; // buffers before the current one
  private fullSize = 0;
  private buffer: Buffer;
  private length = 0;
  private allUnits = 0;

  /**
   * @param expectedSize expected size in bytes
   * @param maxUnits number of UTF-16 units above which nobody could read the text as a string
   */
  constructor(
    expectedSize: number,
    private readonly maxUnits: number,
  ) {
    this.buffer = Buffer.allocUnsafeSlow(expectedSize);
  }

  /** Number of bytes. */
  get size(): number {
    return this.fullSize + this.length;
  }

  /** Number of UTF-16 units. */
  get units(): number {
    return this.allUnits;
  }

  /** Adds text. @throws {StorageError} `LIMIT_EXCEEDED` when all text is longer than a string can be */
  put(text: string): void {
    this.allUnits += text.length;
    if (this.allUnits > this.maxUnits) throw tooLong();
    if (this.length + text.length * MAX_UNIT_SIZE > this.buffer.byteLength) this.makeRoom(Buffer.byteLength(text));
    this.length += this.buffer.write(text, this.length);
  }

  /** Returns all bytes. Nothing may be added after that. Works in steps when there were more bytes than expected. */
  *end(): Generator<undefined, Buffer, undefined> {
    const last = this.buffer.subarray(0, this.length);
    if (this.full.length === 0) return last;
    const all = Buffer.allocUnsafeSlow(this.size);
    let offset = 0;
    for (const part of [...this.full, last]) {
      for (let start = 0; start < part.byteLength; start += COPY_STEP) {
        offset += part.copy(all, offset, start, start + COPY_STEP);
        yield undefined;
      }
    }
    return all;
  }

  private makeRoom(size: number): void {
    // `write` stops at the end of the buffer, so a text that just fits needs no spare room.
    if (this.length + size <= this.buffer.byteLength) return;
    this.full.push(this.buffer.subarray(0, this.length));
    this.fullSize += this.length;
    this.length = 0;
    this.buffer = Buffer.allocUnsafeSlow(Math.max(size, Math.ceil(this.fullSize / 2), MIN_GROWTH));
  }
}
