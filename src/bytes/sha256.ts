import { createHash, hash } from "node:crypto";

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
