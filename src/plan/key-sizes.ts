import { stringSize } from "./json-size.js";

const DOLLAR = 0x24;
const SLOTS = 256;
const MAX_REMEMBERED_KEYS = 64;
const MAX_REMEMBERED_SIZE = 4096; // bytes; the keys are kept as long as the process runs

/** Some key begins with `$`. The object may be a reference, or its keys have to be escaped. */
export const RESERVED = -1;

/**
 * Returns the bytes that the keys of objects add to their JSON, with colons and commas. Payloads hold many objects
 * with the same keys, so the latest keys are remembered. Comparing keys costs a tenth of measuring them.
 */
class KeySizes {
  private readonly keys: (readonly string[])[] = new Array<readonly string[]>(SLOTS).fill([]);
  private readonly sizes: number[] = new Array<number>(SLOTS).fill(0);

  /** Returns the bytes of the keys, or {@link RESERVED}. */
  of(keys: readonly string[]): number {
    const count = keys.length;
    if (count === 0 || count > MAX_REMEMBERED_KEYS) return keySize(keys, count);
    const last = keys[count - 1]!;
    const slot = (count * 7 + keys[0]!.length * 5 + last.length * 3 + (last.charCodeAt(0) | 0)) % SLOTS;
    const remembered = this.keys[slot]!;
    if (remembered.length === count) {
      let i = 0;
      while (i < count && remembered[i] === keys[i]) i++;
      if (i === count) return this.sizes[slot]!;
    }
    const size = keySize(keys, count);
    if (size > MAX_REMEMBERED_SIZE) return size;
    this.keys[slot] = keys;
    this.sizes[slot] = size;
    return size;
  }
}

/** One for all walks, because making one costs more than walking a small payload. */
export const keySizes = new KeySizes();

/** Returns the bytes of the first `count` keys, or {@link RESERVED}. */
export function keySize(keys: readonly string[], count: number): number {
  let size = 0;
  for (let i = 0; i < count; i++) {
    const key = keys[i]!;
    if (key.charCodeAt(0) === DOLLAR) return RESERVED;
    size += stringSize(key) + 2;
  }
  return size;
}
