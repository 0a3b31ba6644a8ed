const LETTERS = "abcdefghijklmnopqrstuvwxyz";
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 -_.,:/";

/** Numbers that are the same in each run: mulberry32, a generator with 32 bits of state. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  /** From 0 up to, but not, 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number below `limit`. */
  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  pick<T>(values: readonly T[]): T {
    return values[this.below(values.length)]!;
  }

  word(): string {
    return Array.from({ length: 3 + this.below(7) }, () => LETTERS[this.below(LETTERS.length)]).join("");
  }

  words(count: number): string {
    return Array.from({ length: count }, () => this.word()).join(" ");
  }

  /** ASCII that needs no escape in JSON, so that its JSON has two bytes more than it. */
  text(length: number): string {
    const bytes = Buffer.alloc(length);
    for (let index = 0; index < length; index++) bytes[index] = ALPHABET.charCodeAt(this.below(ALPHABET.length));
    return bytes.toString("latin1");
  }
}
