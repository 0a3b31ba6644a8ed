import { beginsWith } from "../bytes/bytes.js";
import { beginSha256, digestText } from "../bytes/digest.js";
import { StorageError } from "../errors/error.js";
import { contentAddressedDigest } from "../object/object-name.js";
import type { Store } from "../store/store.js";
import { integrityError } from "../hydrate/entry-bytes.js";

/** What an earlier read has found out about an object. */
export interface SeenEntry {
  /** The first bytes of the object, at least to the end of its header. */
  readonly head: Uint8Array;
  readonly size: number;
  /** `sha256-` + base64url of all bytes; absent where the header alone decides what the object stands for. */
  readonly digest: string | undefined;
}

/**
 * The second read of an object that is too large to be held in memory. Between the two reads, anybody with write
 * access to the bucket can put another object there. The result of the second read would then stand for the first
 * object. So the second read checks that the object is the same.
 * Where no digest is known, an equal header is enough. The decryption authenticates the header and the salt behind it.
 */
export class RereadEntry {
  /** The error of the read, if it failed. */
  failure: unknown;

  constructor(
    private readonly store: Store,
    private readonly path: string,
    private readonly seen: SeenEntry,
  ) {}

  /**
   * @throws {StorageError} `PRECONDITION_FAILED` when the object is not the one that was seen before, `INTEGRITY` when
   *   its bytes do not have the digest in its path
   */
  async *chunks(signal: AbortSignal): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      yield* this.checked(signal);
    } catch (error) {
      this.failure = error;
      throw error;
    }
  }

  private async *checked(signal: AbortSignal): AsyncGenerator<Uint8Array, void, undefined> {
    const { head, size } = this.seen;
    const hash = beginSha256();
    let received = 0;
    for await (const chunk of await this.store.read(this.path, { signal })) {
      const known = head.subarray(received, received + chunk.byteLength);
      if (!beginsWith(chunk, known)) throw this.wasChanged();
      received += chunk.byteLength;
      if (received > size) throw this.wasChanged();
      hash.update(chunk);
      yield chunk;
    }
    if (received !== size) throw this.wasChanged();
    this.assertDigest(digestText(hash));
  }

  private assertDigest(digest: string): void {
    if (this.seen.digest === undefined || this.seen.digest === digest) return;
    if (contentAddressedDigest(this.path) === undefined) throw this.wasChanged();
    throw integrityError("it has another digest than its path says", this.store.name, this.path);
  }

  private wasChanged(): StorageError {
    const details = { operation: "reencrypt", store: this.store.name, path: this.path };
    return new StorageError("PRECONDITION_FAILED", "The object was changed while it was encrypted again.", details);
  }
}
