/** Bytes that a buffer needs to have besides those of an object that is written into it. */
export const SPARE = 4;

/** A StoredObject as text, to be written into a buffer as UTF-8; not joined before, which would copy it. */
export class EncodedObject {
  private readonly openingSize: number;
  private bodySize: number;

  /**
   * @param opening what comes before the data
   * @param body the data's JSON
   * @param quote what the body lacks of that before and after it, in ASCII
   * @param bodySize bytes of the body, where they are known: finding out takes effort
   */
  constructor(
    private readonly opening: string,
    private readonly body: string,
    private readonly quote: "" | '"',
    bodySize: number | undefined,
  ) {
    this.openingSize = Buffer.byteLength(opening);
    this.bodySize = bodySize ?? Buffer.byteLength(body);
  }

  /** Bytes. */
  get size(): number {
    return this.openingSize + this.bodySize + 2 * this.quote.length + 1;
  }

  /**
   * Writes it into a buffer that has room for {@link EncodedObject.size} bytes and {@link SPARE} more.
   *
   * @returns whether it has that size; if not, it has now, and must be written again
   */
  writeTo(target: Buffer, offset: number): boolean {
    const bodyStart = offset + target.write(this.opening + this.quote, offset);
    const written = target.write(this.body, bodyStart, this.bodySize + SPARE);
    if (written !== this.bodySize) {
      // The payload has changed since it was measured.
      this.bodySize = Buffer.byteLength(this.body);
      return false;
    }
    target.write(`${this.quote}}`, bodyStart + written, "latin1");
    return true;
  }

  toBuffer(): Buffer {
    const { size } = this;
    const buffer = Buffer.allocUnsafeSlow(size + SPARE);
    return this.writeTo(buffer, 0) ? buffer.subarray(0, size) : this.toBuffer();
  }
}
