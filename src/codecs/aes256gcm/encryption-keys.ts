import { createSecretKey, type KeyObject } from "node:crypto";
import { types } from "node:util";
import { LRUCache } from "lru-cache";
import { abortable } from "../../async/abort.js";
import type { Clock } from "../../async/clock.js";
import { TimedAbort } from "../../async/timed-abort.js";
import { isStorageError, StorageError } from "../../errors/error.js";

/** A key that encrypts entries, and how it travels with them. */
export interface DataKey {
  /** Which key encrypted it. Stored with every entry: no secret. Printable ASCII, at most 2048 characters. */
  keyId: string;
  /** 32 bytes. */
  key: Uint8Array;
  /** The key, encrypted by the key `keyId`: stored with every entry. */
  wrappedKey: Uint8Array;
}

/**
 * Where data keys come from: a key management service (AWS KMS: GenerateDataKey and Decrypt). The keys that encrypt them
 * never leave it: envelope encryption. What the methods throw goes to the caller: throw a {@link StorageError} for a code
 * other than `UNEXPECTED`.
 */
export interface KeyProvider {
  /** A new data key. @param context `signal` fires after 30 seconds: a key is shared, so no one caller ends the asking */
  generateDataKey(context: { signal: AbortSignal }): Promise<DataKey>;
  /** The data key again that an entry was encrypted with: 32 bytes. */
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
  /** @throws {StorageError} `DECODE_FAILED` when there is none */
  find(keyId: string, wrappedKey: string | undefined): Promise<KeyObject>;
}

const KEY_SIZE = 32;
const MAX_WRAPPED_SIZE = 16_384;

/** Whether text can be the id of a key. */
export function isKeyId(keyId: unknown): keyId is string {
  return typeof keyId === "string" && /^[\x20-\x7e]{1,2048}$/.test(keyId);
}

/** Whether a value can be a key. */
export function isKey(key: unknown): key is Uint8Array {
  return types.isUint8Array(key) && key.byteLength === KEY_SIZE;
}

/** Keys that are there. */
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

// Data keys for decryption that are kept: one for each process that encrypts and `dataKeyTtl`.
const KEPT_KEYS = 1000;

// Milliseconds that a provider has for one key.
const PROVIDER_TIMEOUT = 30_000;

interface KeptKey<Key> {
  readonly key: Promise<Key>;
  /** By the clock, ms; infinite while the key is on its way. */
  expires: number;
}

/** Keys of a provider. Each is asked for once, kept for a time, and shared by all calls. */
export class ProvidedKeys implements EncryptionKeys {
  readonly #provider: KeyProvider;
  readonly #clock: Clock;
  readonly #ttl: number;
  readonly #found = new LRUCache<string, KeptKey<KeyObject>>({ max: KEPT_KEYS });
  #active: KeptKey<ActiveKey> | undefined;

  /** @param ttl ms */
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
    // Checked first: a line end in it would make the name of another key's.
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

  /** A key that is shared from now on, and good for a time from when it is there. One that fails is not kept. */
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
      // What the provider says of the signal is no answer.
      return await abortable(question({ signal: time.signal }), time.signal);
    } catch (cause) {
      if (isStorageError(cause) && cause.code !== "ABORTED") throw cause; // no caller's signal reaches it
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

/** Whether an error says that the key of an entry is not there: which tells nothing of the entry. */
export function isUnknownKey(error: StorageError): boolean {
  // By name: the codec may be one of the other module format.
  return error.cause instanceof Error && error.cause.name === UNKNOWN_KEY;
}

// The id is not repeated: it may come from anywhere.
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
