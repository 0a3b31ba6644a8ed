import { createSecretKey, type KeyObject } from "node:crypto";
import { types } from "node:util";
import { LRUCache } from "lru-cache";
import { abortable } from "../../async/abort.js";
import type { Clock } from "../../async/clock.js";
import { TimedAbort } from "../../async/timed-abort.js";
import { isStorageError, StorageError } from "../../errors/error.js";

/** A key that encrypts entries, and the form in which it is stored with them. */
export interface DataKey {
  /**
   * Id of the key that encrypted the data key. It is stored with every entry, and is no secret. Printable ASCII, at
   * most 2048 characters.
   */
  keyId: string;
  /** 32 bytes. */
  key: Uint8Array;
  /** The data key, encrypted with the key `keyId`. It is stored with every entry. */
  wrappedKey: Uint8Array;
}

/**
 * A source of data keys: a key management service (AWS KMS: GenerateDataKey and Decrypt). The keys that encrypt data
 * keys never leave the service (envelope encryption). Errors of the methods go to the caller. Throw a
 * {@link StorageError} for a code other than `UNEXPECTED`.
 */
export interface KeyProvider {
  /**
   * Makes a new data key.
   *
   * @param context `signal` fires after 30 seconds. Callers share a key, so no single caller can cancel the request
   */
  generateDataKey(context: { signal: AbortSignal }): Promise<DataKey>;
  /** Decrypts the data key with which an entry was encrypted. The result has 32 bytes. */
  decryptDataKey(
    wrapped: { keyId: string; wrappedKey: Uint8Array },
    context: { signal: AbortSignal },
  ): Promise<Uint8Array>;
}

/** A key that encrypts. */
export interface ActiveKey {
  readonly keyId: string;
  readonly wrappedKey: string | undefined;
  readonly key: KeyObject;
}

/** The keys of an encryption. */
export interface EncryptionKeys {
  active(): ActiveKey | Promise<ActiveKey>;
  /** @throws {StorageError} `DECODE_FAILED` when there is no such key */
  find(keyId: string, wrappedKey: string | undefined): Promise<KeyObject>;
}

const KEY_SIZE = 32;
const MAX_WRAPPED_SIZE = 16_384;

/** Returns whether a value can be the id of a key. */
export function isKeyId(keyId: unknown): keyId is string {
  return typeof keyId === "string" && /^[\x20-\x7e]{1,2048}$/.test(keyId);
}

/** Returns whether a value can be a key. */
export function isKey(key: unknown): key is Uint8Array {
  return types.isUint8Array(key) && key.byteLength === KEY_SIZE;
}

/** Keys that were given as options. */
export class GivenKeys implements EncryptionKeys {
  readonly #keys: ReadonlyMap<string, KeyObject>;
  readonly #active: ActiveKey;

  constructor(keys: Readonly<Record<string, Uint8Array>>, activeKeyId: string) {
    this.#keys = new Map(Object.entries(keys).map(([keyId, key]) => [keyId, createSecretKey(key)]));
    this.#active = { keyId: activeKeyId, wrappedKey: undefined, key: this.#keys.get(activeKeyId)! };
  }

  active(): ActiveKey {
    return this.#active;
  }

  async find(keyId: string, wrappedKey: string | undefined): Promise<KeyObject> {
    const key = wrappedKey === undefined ? this.#keys.get(keyId) : undefined;
    if (key === undefined) throw unknownKey();
    return Promise.resolve(key);
  }
}

// Number of data keys for decryption that are kept. Each encrypting process makes one in each `dataKeyTtl`.
const KEPT_KEYS = 1000;

// Milliseconds that a provider has for one key.
const PROVIDER_TIMEOUT = 30_000;

interface KeptKey<Key> {
  readonly key: Promise<Key>;
  /** Time of the clock in milliseconds; infinite while the key is being fetched. */
  expires: number;
}

/** Keys of a provider. Each key is asked for once, kept for a time, and shared by all calls. */
export class ProvidedKeys implements EncryptionKeys {
  readonly #provider: KeyProvider;
  readonly #clock: Clock;
  readonly #ttl: number;
  readonly #found = new LRUCache<string, KeptKey<KeyObject>>({ max: KEPT_KEYS });
  #active: KeptKey<ActiveKey> | undefined;

  /** @param ttl milliseconds */
  constructor(provider: KeyProvider, ttl: number, clock: Clock) {
    this.#provider = provider;
    this.#clock = clock;
    this.#ttl = ttl;
  }

  active(): Promise<ActiveKey> {
    if (!this.#isGood(this.#active)) {
      this.#active = this.#keep(this.#generate(), (kept) => {
        if (this.#active === kept) this.#active = undefined;
      });
    }
    return this.#active!.key;
  }

  find(keyId: string, wrappedKey: string | undefined): Promise<KeyObject> {
    // Checked first: with a line end in it, the id could make the name of another key.
    if (wrappedKey === undefined || !isKeyId(keyId)) return Promise.reject(unknownKey());
    const name = `${keyId}\n${wrappedKey}`;
    let kept = this.#found.get(name);
    if (!this.#isGood(kept)) {
      kept = this.#keep(this.#decrypt(keyId, wrappedKey), (failed) => {
        if (this.#found.peek(name) === failed) this.#found.delete(name);
      });
      this.#found.set(name, kept);
    }
    return kept!.key;
  }

  #isGood(kept: KeptKey<unknown> | undefined): boolean {
    return kept !== undefined && this.#clock.now() < kept.expires;
  }

  /** Shares a key from now on. The key is valid for a time from its arrival. A key that fails is not kept. */
  #keep<Key>(key: Promise<Key>, forget: (kept: KeptKey<Key>) => void): KeptKey<Key> {
    const kept: KeptKey<Key> = { key, expires: Infinity };
    key.then(
      () => (kept.expires = this.#clock.now() + this.#ttl),
      () => forget(kept),
    );
    return kept;
  }

  async #generate(): Promise<ActiveKey> {
    const answer: unknown = await this.#ask((context) => this.#provider.generateDataKey(context));
    const { keyId, key, wrappedKey } = (answer ?? {}) as Partial<Record<keyof DataKey, unknown>>;
    if (!isKeyId(keyId) || !isKey(key) || !isWrappedKey(wrappedKey)) throw wrongKey("generateDataKey");
    return { keyId, wrappedKey: Buffer.from(wrappedKey).toString("base64url"), key: createSecretKey(key) };
  }

  async #decrypt(keyId: string, wrappedKey: string): Promise<KeyObject> {
    const wrapped = { keyId, wrappedKey: new Uint8Array(Buffer.from(wrappedKey, "base64url")) };
    if (!isWrappedKey(wrapped.wrappedKey)) throw unknownKey();
    const key: unknown = await this.#ask((context) => this.#provider.decryptDataKey(wrapped, context));
    if (!isKey(key)) throw wrongKey("decryptDataKey");
    return createSecretKey(key);
  }

  async #ask<T>(question: (context: { signal: AbortSignal }) => Promise<T>): Promise<T> {
    const overdue = (limit: number): StorageError =>
      new StorageError("TIMEOUT", `The key provider took longer than ${limit} ms.`);
    const time = new TimedAbort(undefined, this.#clock, PROVIDER_TIMEOUT, overdue);
    time.start();
    try {
      // When the signal has fired, the provider's own reaction to the signal does not count.
      return await abortable(question({ signal: time.signal }), time.signal);
    } catch (cause) {
      if (isStorageError(cause) && cause.code !== "ABORTED") throw cause; // no caller's signal reaches the provider
      throw new StorageError("UNEXPECTED", "The key provider failed; see the cause.", { cause });
    } finally {
      time.stop();
    }
  }
}

function isWrappedKey(value: unknown): value is Uint8Array {
  return types.isUint8Array(value) && value.byteLength > 0 && value.byteLength <= MAX_WRAPPED_SIZE;
}

const UNKNOWN_KEY = "UnknownKey";

class UnknownKey extends Error {
  override readonly name = UNKNOWN_KEY;

  constructor() {
    super("There is no key of this id.");
  }
}

/** Returns whether an error says that the key of an entry is missing. This says nothing about the entry. */
export function isUnknownKey(error: StorageError): boolean {
  // Compared by name, because the codec may belong to the other module format.
  return error.cause instanceof Error && error.cause.name === UNKNOWN_KEY;
}

// The message does not repeat the id, which may come from anywhere.
function unknownKey(): StorageError {
  return new StorageError(
    "DECODE_FAILED",
    "A stored object is encrypted by a key that this manager does not have: add it to the keys of aes256gcm.",
    { operation: "hydrate", cause: new UnknownKey() },
  );
}

function wrongKey(method: string): StorageError {
  const message = `${method} of the key provider did not give a key of ${KEY_SIZE} bytes with its id and wrapped form.`;
  return new StorageError("UNEXPECTED", message);
}
