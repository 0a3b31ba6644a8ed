import { hash } from "node:crypto";

/** SHA-256 of bytes that are there as a whole. */
export function sha256(bytes: Uint8Array): Buffer {
  return hash("sha256", bytes, "buffer");
}
