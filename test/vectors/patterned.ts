/** The bytes that vectors have by a rule: byte `i` is `(i + floor(i / 256)) mod 256`. */
export function patterned(size: number): Buffer {
  return Buffer.from(Uint8Array.from({ length: size }, (_, i) => (i + (i >> 8)) % 256));
}
