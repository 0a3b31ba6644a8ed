// RFC 8878, section 3.1.1. A frame begins with a magic number and a descriptor, which says how long the rest of the
// header is. Then come blocks, each with a header of three bytes, and a checksum if the descriptor says so.
export const MAGIC = Buffer.of(0x28, 0xb5, 0x2f, 0xfd);
const BLOCK_HEADER = 3;
const CHECKSUM = 4;
const RLE = 1;
const RESERVED = 3;

type Part = "magic" | "descriptor" | "header" | "block" | "content" | "checksum" | "end";

// The parts whose bytes are read. All others are skipped.
const READ: ReadonlySet<Part> = new Set<Part>(["magic", "descriptor", "block"]);

/**
 * Follows the bytes of one Zstandard frame to its end, without decompressing them. Node does not say where a frame
 * ends. Node 22 accepts a truncated frame as complete. Node 26 takes the beginning of another frame behind it for one
 * that is still to come.
 */
export class ZstdFrame {
  private part: Part = "magic";
  private readonly seen: number[] = [];
  private missing = MAGIC.byteLength;
  private hasChecksum = false;
  private isLast = false;
  private isWrong = false;

  /** Whether all consumed bytes are one frame, from its first byte to its last. */
  get isWhole(): boolean {
    return this.part === "end" && !this.isWrong;
  }

  take(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.byteLength && !this.isWrong;) {
      if (this.part === "end") this.isWrong = true;
      const count = Math.min(this.missing, bytes.byteLength - at);
      if (READ.has(this.part)) this.seen.push(...bytes.subarray(at, at + count)); // four bytes at most
      at += count;
      this.missing -= count;
      while (this.missing === 0) [this.part, this.missing] = this.following(this.seen.splice(0));
    }
  }

  /** Returns the part that follows a complete part, and its size. */
  private following(seen: readonly number[]): readonly [Part, number] {
    switch (this.part) {
      case "magic":
        this.isWrong = !MAGIC.equals(Buffer.from(seen));
        return ["descriptor", 1];
      case "descriptor":
        return ["header", this.headerSize(seen[0]!)];
      case "block": {
        const header = seen[0]! | (seen[1]! << 8) | (seen[2]! << 16);
        const type = (header >> 1) & 3;
        this.isLast = (header & 1) === 1;
        this.isWrong = type === RESERVED;
        return ["content", type === RLE ? 1 : header >> 3];
      }
      case "header":
      case "content":
        if (!this.isLast) return ["block", BLOCK_HEADER];
        return this.hasChecksum ? ["checksum", CHECKSUM] : ["end", Infinity];
      case "checksum":
      case "end":
        return ["end", Infinity];
    }
  }

  /** Returns the size in bytes of the header after its descriptor: window, dictionary, size of the content. */
  private headerSize(descriptor: number): number {
    const isSingle = (descriptor & 0x20) !== 0;
    this.hasChecksum = (descriptor & 4) !== 0;
    const dictionary = [0, 1, 2, 4][descriptor & 3]!;
    const content = [isSingle ? 1 : 0, 2, 4, 8][descriptor >> 6]!;
    return (isSingle ? 0 : 1) + dictionary + content;
  }
}
