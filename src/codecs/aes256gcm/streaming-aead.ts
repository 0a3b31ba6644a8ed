import { createCipheriv, createDecipheriv, hkdfSync, randomBytes, type KeyObject } from "node:crypto";

/*
 * AES256-GCM-HKDF-1MB, as Tink defines it: https://developers.google.com/tink/streaming-aead/aes_gcm_hkdf_streaming
 * It is an instance of the STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár: Online Authenticated-Encryption
 * and its Nonce-Reuse Misuse-Resistance, CRYPTO 2015). Each message has its own key, derived from a fresh salt. So one
 * key serves any number of messages. The nonce of a segment holds its number, and marks the last segment. So segments
 * can't be reordered, repeated or left out.
 *
 *   ciphertext = header segment*           header = length of the header (1 byte) salt (32) nonce prefix (7)
 *   segment = AES-GCM(plaintext) tag (16)  nonce = nonce prefix (7) segment number (4, big-endian) last? (1)
 *
 * A segment has 1 MiB. The first segment includes the header before it. Only the last segment may be shorter.
 */

const SALT_SIZE = 32;
const PREFIX_SIZE = 7;
const TAG_SIZE = 16;
const SEGMENT_SIZE = 1_048_576;
const CIPHER = "aes-256-gcm";

/** Size in bytes of the header before the first segment. */
export const HEADER_SIZE = 1 + SALT_SIZE + PREFIX_SIZE;

/** Bytes of plaintext in the first segment, and in later segments. */
const FIRST_ROOM = SEGMENT_SIZE - HEADER_SIZE - TAG_SIZE;
const ROOM = SEGMENT_SIZE - TAG_SIZE;

// The number of a segment has 32 bits.
const MAX_SEGMENTS = 2 ** 32;

/** Returns how many bytes of plaintext a segment can hold. */
export function segmentRoom(index: number): number {
  return index === 0 ? FIRST_ROOM : ROOM;
}

/** Returns the size in bytes of a full segment. */
export function sealedSegmentSize(index: number): number {
  return segmentRoom(index) + TAG_SIZE;
}

/** Returns the size in bytes of the ciphertext with its header, for a plaintext of a given size. */
export function sealedSize(plainSize: number): number {
  const segments = plainSize <= FIRST_ROOM ? 1 : 1 + Math.ceil((plainSize - FIRST_ROOM) / ROOM);
  return HEADER_SIZE + plainSize + segments * TAG_SIZE;
}

/** Encrypts one message, segment by segment. */
export class SegmentSealer {
  readonly header: Buffer;
  readonly #nonces: SegmentNonces;
  readonly #key: Buffer;

  /** @param random bytes of the salt and the nonce prefix. They must never repeat. Only known-answer tests pass them */
  constructor(key: KeyObject, associatedData: Uint8Array, random: Uint8Array = randomBytes(SALT_SIZE + PREFIX_SIZE)) {
    this.header = Buffer.concat([Buffer.of(HEADER_SIZE), random]);
    this.#key = messageKey(key, random.subarray(0, SALT_SIZE), associatedData);
    this.#nonces = new SegmentNonces(random.subarray(SALT_SIZE));
  }

  /** Returns the ciphertext and tag of the next segment. */
  seal(plaintext: Uint8Array, isLast: boolean): Buffer {
    const cipher = createCipheriv(CIPHER, this.#key, this.#nonces.next(isLast));
    return Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
  }
}

/** Decrypts one message, segment by segment. */
export class SegmentOpener {
  readonly #nonces: SegmentNonces;
  readonly #key: Buffer;

  /**
   * @param header {@link HEADER_SIZE} bytes
   * @throws {NotAuthentic}
   */
  constructor(key: KeyObject, associatedData: Uint8Array, header: Uint8Array) {
    if (header.byteLength !== HEADER_SIZE || header[0] !== HEADER_SIZE) throw new NotAuthentic();
    const salt = header.subarray(1, 1 + SALT_SIZE);
    this.#key = messageKey(key, salt, associatedData);
    this.#nonces = new SegmentNonces(header.subarray(1 + SALT_SIZE));
  }

  /**
   * @param segment ciphertext and tag
   * @throws {NotAuthentic}
   */
  open(segment: Uint8Array, isLast: boolean): Buffer {
    const end = segment.byteLength - TAG_SIZE;
    if (end < 0) throw new NotAuthentic();
    const decipher = createDecipheriv(CIPHER, this.#key, this.#nonces.next(isLast), { authTagLength: TAG_SIZE });
    decipher.setAuthTag(segment.subarray(end));
    const plaintext = decipher.update(segment.subarray(0, end));
    try {
      decipher.final();
    } catch {
      throw new NotAuthentic();
    }
    return plaintext;
  }
}

/**
 * Thrown when a message is not the one that was encrypted. The key, the associated data, the order of segments or the
 * end differ.
 */
export class NotAuthentic extends Error {
  constructor() {
    super("A message is not authentic.");
  }
}

class SegmentNonces {
  private index = 0;

  constructor(private readonly prefix: Uint8Array) {}

  next(isLast: boolean): Buffer {
    if (this.index >= MAX_SEGMENTS) throw new RangeError("A message has more segments than can be counted.");
    const nonce = Buffer.alloc(PREFIX_SIZE + 5);
    nonce.set(this.prefix);
    nonce.writeUInt32BE(this.index++, PREFIX_SIZE);
    nonce[PREFIX_SIZE + 4] = isLast ? 1 : 0;
    return nonce;
  }
}

// HKDF with SHA-256 (RFC 5869).
function messageKey(key: KeyObject, salt: Uint8Array, associatedData: Uint8Array): Buffer {
  return Buffer.from(hkdfSync("sha256", key, salt, associatedData, 32));
}
