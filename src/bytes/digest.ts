import { createHash, hash, type Hash } from "node:crypto";

// A digest is `sha256-` + base64url of SHA-256 (FIPS 180-4): in `WriteOptions.digest` and in references.

const SCHEME = "sha256-";
const DIGEST = /^sha256-[A-Za-z0-9_-]{43}$/;

// Bytes of one step: some milliseconds of work.
const STEP = 4 * 1024 * 1024;

/** Returns the SHA-256 of complete bytes. */
export function sha256(bytes: Uint8Array): Buffer {
  return hash("sha256", bytes, "buffer");
}

/** Does the same for many bytes, in steps. */
export function* sha256InSteps(bytes: Uint8Array): Generator<undefined, Buffer, undefined> {
  if (bytes.byteLength <= STEP) return sha256(bytes);
  const digest = createHash("sha256");
  for (let start = 0; start < bytes.byteLength; start += STEP) {
    digest.update(bytes.subarray(start, start + STEP));
    yield undefined;
  }
  return digest.digest();
}

/** Starts a hash of bytes that follow one after the other. */
export function beginSha256(): Hash {
  return createHash("sha256");
}

/** Returns the digest of bytes. */
export function sha256Digest(bytes: Uint8Array): string {
  return SCHEME + hash("sha256", bytes, "base64url"); // in one go, which takes half the time for small bytes
}

/** Returns the digest text of a SHA-256, or of a hash of all its bytes. */
export function digestText(sha: Buffer | Hash): string {
  return SCHEME + (Buffer.isBuffer(sha) ? sha.toString("base64url") : sha.digest("base64url"));
}

/** Returns whether a text has the form of a digest. */
export function isDigest(text: string): boolean {
  return DIGEST.test(text);
}

/** Returns the SHA-256 in a digest. */
export function sha256Of(digest: string): Buffer {
  return Buffer.from(digest.slice(SCHEME.length), "base64url");
}
