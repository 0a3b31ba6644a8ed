import { createHmac, createSecretKey, type KeyObject } from "node:crypto";
import { types } from "node:util";

// A key of HMAC-SHA-256 must be at least as long as its output: RFC 2104, section 3; RFC 7518, section 3.2.
const MIN_KEY_BYTES = 32;

const KEY_ID = /^[A-Za-z0-9._-]{1,64}$/;

/** Returns whether text can name a key: 1 to 64 of `A-Z a-z 0-9 . _ -`. So a signature can be split at its colon. */
export function isKeyId(text: string): boolean {
  return KEY_ID.test(text);
}

/** Returns whether a value can be a key. */
export function isSigningKey(value: unknown): value is Uint8Array {
  return types.isUint8Array(value) && value.byteLength >= MIN_KEY_BYTES;
}

/**
 * The keys of a manager, by id. They are copied to memory that JavaScript does not see. So code that prints this
 * object shows no key. Wiping or reusing a buffer afterwards changes nothing.
 */
export class SigningKeys {
  // A map, so that an id never finds an inherited property.
  readonly #keys: ReadonlyMap<string, KeyObject>;

  /** @param keys ids and keys that pass {@link isKeyId} and {@link isSigningKey} */
  constructor(keys: Iterable<readonly [string, Uint8Array]>) {
    this.#keys = new Map(Array.from(keys, ([id, key]) => [id, createSecretKey(key)]));
  }

  has(id: string): boolean {
    return this.#keys.has(id);
  }

  /** Returns the HMAC-SHA-256 (RFC 2104, FIPS 180-4) of a text's UTF-8. `undefined` when there is no such key. */
  mac(id: string, text: string): Buffer | undefined {
    const key = this.#keys.get(id);
    return key === undefined ? undefined : createHmac("sha256", key).update(text, "utf8").digest();
  }
}
