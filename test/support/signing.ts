import type { SigningOptions } from "../../src/manager/options.js";

/** A key whose bytes no other text holds by chance. */
export function signingKey(seed: number): Uint8Array {
  return Uint8Array.from({ length: 32 }, (_, index) => (seed * 37 + index * 101 + 11) % 256);
}

/** Options of a manager that signs with the key `k1`. */
export function signingOptions(options: Partial<SigningOptions> = {}): SigningOptions {
  return { keys: { k1: signingKey(1) }, activeKeyId: "k1", ...options };
}
