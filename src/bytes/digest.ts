import { createHash, hash, type Hash } from "node:crypto";

// A digest is `sha256-` + base64url of SHA-256 (FIPS 180-4): in `WriteOptions.digest` and in references.

const SCHEME = "sha256-";
const DIGEST = /^sha256-[A-Za-z0-9_-]{43}$/;

// Bytes of one step: some milliseconds of work.
const STEP = 4 * 1024 * 1024;

/** SHA-256 of bytes that are there as a whole. */
export function sha256(bytes: Uint8Array): Buffer {
  return hash("sha256", bytes, "buffer");
}

/** The same, of many bytes in steps. */
export function* sha256InSteps(bytes: Uint8Array): Generator<undefined, Buffer, undefined> {
  if (bytes.byteLength <= STEP) return sha256(bytes);
  const digest = createHash("sha256");
  for (let start = 0; start < bytes.byteLength; start += STEP) {
    digest.update(bytes.subarray(start, start + STEP));
    yield undefined;
  }
  return digest.digest();
}

/** Begins to hash bytes that come one after the other. */
export function beginSha256(): Hash {
  return createHash("sha256");
}

/** The digest of bytes. */
export function sha256Digest(bytes: Uint8Array): string {
  return SCHEME + hash("sha256", bytes, "base64url"); // in one go: for small bytes it takes half the time
}

/** The digest of a SHA-256, or of all that was hashed. */
export function digestText(sha: Buffer | Hash): string {
  return SCHEME + (Buffer.isBuffer(sha) ? sha.toString("base64url") : sha.digest("base64url"));
}

/** Whether a text has the form of a digest. */
export function isDigest(text: string): boolean {
  return DIGEST.test(text);
}

/** The SHA-256 that a digest says. */
export function sha256Of(digest: string): Buffer {
  return Buffer.from(digest.slice(SCHEME.length), "base64url");
}
