/** A StoredObject as text, with its size, to be written into a buffer: not joined before, which would copy it. */
export class EncodedObject {
  /** Bytes. */
  readonly size: number;
  /** Bytes of JSON of its data. */
  readonly dataSize: number;
  private readonly bodySize: number;

  /**
   * @param opening what comes before the data
   * @param body the data's JSON
   * @param quote what the body lacks of that before and after it, in ASCII
   */
  constructor(
    private readonly opening: string,
    private readonly body: string,
    private readonly quote: "" | '"' = "",
  ) {
    this.bodySize = Buffer.byteLength(body);
    this.dataSize = this.bodySize + 2 * quote.length;
    this.size = Buffer.byteLength(opening) + this.dataSize + 1;
  }

  /** Writes {@link EncodedObject.size} bytes. */
  writeTo(target: Buffer, offset: number): void {
    let end = offset + target.write(this.opening + this.quote, offset);
    // What is all ASCII, as most is, takes no encoding.
    end += target.write(this.body, end, this.bodySize === this.body.length ? "latin1" : "utf8");
    target.write(`${this.quote}}`, end, "latin1");
  }

  toBuffer(): Buffer {
    const buffer = Buffer.allocUnsafeSlow(this.size);
    this.writeTo(buffer, 0);
    return buffer;
  }
}
