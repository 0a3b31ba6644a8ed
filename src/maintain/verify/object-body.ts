import { digestText, beginSha256 } from "../../bytes/digest.js";
import type { StorageErrorDetails } from "../../errors/error.js";
import { abortable } from "../../async/abort.js";
import type { ReadResult } from "../../store/store.js";
import { integrityError } from "../../hydrate/entry-bytes.js";
import { chunkOf } from "../../hydrate/read-bytes.js";
import { giveUp } from "../../async/give-up.js";

/**
 * Bytes up to which an object is held in memory, to look at its contents. With 16 objects at a time this makes 256
 * MiB.
 */
export const MAX_HELD = 16 * 1024 * 1024;

/** The body of an object. It is hashed while it is read, and held in memory if it is small. */
export class ObjectBody {
  private readonly hash = beginSha256();
  private readonly held: Uint8Array[] = [];
  private readonly iterator: AsyncIterator<Uint8Array>;
  private received = 0;
  private isOver = false;

  constructor(
    private readonly result: ReadResult,
    private readonly details: StorageErrorDetails & { readonly store: string; readonly path: string },
    private readonly signal: AbortSignal,
  ) {
    this.iterator = result[Symbol.asyncIterator]();
  }

  /** Returns the whole body, or `undefined` when it is larger than the limit for held bodies. */
  async whole(): Promise<Uint8Array | undefined> {
    while (this.received <= MAX_HELD) {
      const chunk = await this.next();
      if (chunk === undefined) return Buffer.concat(this.held, this.received);
      this.held.push(chunk);
    }
    return undefined;
  }

  /** The first bytes of the body, as far as they are held. */
  get head(): Uint8Array {
    return this.held.length === 1 ? this.held[0]! : Buffer.concat(this.held);
  }

  /** Yields the whole body, and releases the held bytes. */
  async *chunks(): AsyncGenerator<Uint8Array, void, undefined> {
    for (let chunk = this.held.shift(); chunk !== undefined; chunk = this.held.shift()) yield chunk;
    for (let chunk = await this.next(); chunk !== undefined; chunk = await this.next()) yield chunk;
  }

  /**
   * Reads the rest of the body. Returns the number of bytes in the whole body.
   *
   * @param digest the digest in the name of the object; `undefined` when it is unknown
   * @throws {StorageError} `INTEGRITY` when the body has another size than the store says, or another digest
   */
  async finish(digest: string | undefined): Promise<number> {
    while ((await this.next()) !== undefined);
    const { store, path } = this.details;
    const { size } = this.result.info;
    if (this.received !== size) {
      throw integrityError(`it has ${this.received} bytes, the store says ${size}`, store, path);
    }
    if (digest !== undefined && digestText(this.hash) !== digest) {
      throw integrityError("it has another digest than its name says", store, path);
    }
    return size;
  }

  close(): void {
    giveUp(() => this.result.cancel());
  }

  private async next(): Promise<Uint8Array | undefined> {
    if (this.isOver) return undefined;
    const next = await abortable(this.iterator.next(), this.signal);
    if (next.done === true) {
      this.isOver = true;
      return undefined;
    }
    const chunk = chunkOf(next.value, this.details);
    this.received += chunk.byteLength;
    this.hash.update(chunk);
    return chunk;
  }
}
