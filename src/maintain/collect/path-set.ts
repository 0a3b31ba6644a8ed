import { createHash, randomBytes } from "node:crypto";

// Number of paths that are kept exactly. They take some hundred megabytes at most.
const MAX_EXACT = 1_000_000;

// Bits of the filter, which takes 64 MiB. With fifty million entries, one in a hundred other paths seems to be in the
// set.
const BITS = 2 ** 29;
const HASHES = 7;

/**
 * A set of any number of paths, in bounded memory. It is exact up to a million paths, then it is a Bloom filter.
 * It always finds a path that is in it. Above a million it may also find a path that is not in it. A random salt keeps
 * anybody from choosing such paths.
 */
export class PathSet {
  private readonly exact = new Set<string>();
  private readonly salt = randomBytes(16);
  private filter: Uint8Array | undefined;

  constructor(private readonly maxExact = MAX_EXACT) {}

  add(path: string): void {
    if (this.filter === undefined) {
      this.exact.add(path);
      if (this.exact.size <= this.maxExact) return;
      this.filter = new Uint8Array(BITS / 8);
      for (const known of this.exact) this.mark(this.filter, known);
      this.exact.clear();
    } else {
      this.mark(this.filter, path);
    }
  }

  has(path: string): boolean {
    const { filter } = this;
    if (filter === undefined) return this.exact.has(path);
    return this.bitsOf(path).every((bit) => (filter[bit >>> 3]! & (1 << (bit & 7))) !== 0);
  }

  private mark(filter: Uint8Array, path: string): void {
    for (const bit of this.bitsOf(path)) filter[bit >>> 3]! |= 1 << (bit & 7);
  }

  private bitsOf(path: string): number[] {
    const hash = createHash("sha256").update(this.salt).update(path).digest();
    return Array.from({ length: HASHES }, (_, index) => hash.readUInt32LE(index * 4) % BITS);
  }
}
