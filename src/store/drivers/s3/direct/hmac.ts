import { hash } from "node:crypto";

// Bytes of a block of SHA-256, and of its digest.
const BLOCK = 64;
const DIGEST = 32;

/**
 * A key that signs texts with HMAC-SHA-256 (RFC 2104). It computes two hashes, each in one call. Node's `Hmac` is an
 * object that the garbage collector must finalise, which takes longer than both hashes.
 */
export class HmacKey {
  // The two padded keys. Each buffer has room after the key for the bytes that are hashed with it.
  #inner: Buffer;
  readonly #outer: Buffer;

  /** @param key 32 bytes, the size of the output of SHA-256 and HMAC-SHA-256 */
  constructor(key: Buffer) {
    this.#inner = padded(key, 0x36, 512);
    this.#outer = padded(key, 0x5c, DIGEST);
  }

  /** Returns the signature of a text, in hexadecimal. */
  sign(text: string): string {
    const size = Buffer.byteLength(text);
    if (BLOCK + size > this.#inner.byteLength) {
      this.#inner = Buffer.concat([this.#inner.subarray(0, BLOCK)], BLOCK + size);
    }
    this.#inner.write(text, BLOCK);
    hash("sha256", this.#inner.subarray(0, BLOCK + size), "buffer").copy(this.#outer, BLOCK);
    return hash("sha256", this.#outer, "hex");
  }
}

function padded(key: Buffer, padding: number, room: number): Buffer {
  const bytes = Buffer.alloc(BLOCK + room);
  bytes.fill(padding, 0, BLOCK);
  for (let index = 0; index < key.byteLength; index++) bytes[index]! ^= key[index]!;
  return bytes;
}
