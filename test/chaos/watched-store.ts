import { createHash } from "node:crypto";
import { isWholeBody } from "../../src/store/body.js";
import { CallLayer } from "../../src/store/layers/call-layer.js";
import { isNotFound } from "../../src/errors/error.js";
import type { CallOptions, DeleteOptions, ObjectInfo, Store, StoreBody, WriteOptions } from "../../src/store/store.js";
import type { OpenCounts } from "../support/fault-run/counting-store.js";
import { Violation } from "../support/fault-run/possible-states.js";

const CONTENT_ADDRESSED = /(?:^|\/)([0-9a-f]{64})\.(?:json|pack|bin)$/;

/**
 * Looks at all objects of a store: those that are named by a digest must have just these bytes, whenever anybody looks.
 * What was seen once is not read again.
 */
export class Inspector {
  /** How many there were at the last look. */
  objects = 0;
  readonly #seen = new Map<string, string | undefined>();

  /** @param store gives the store to look into */
  constructor(private readonly store: () => Store) {}

  /** All paths. @throws {Violation} for a partial object */
  async look(): Promise<string[]> {
    const paths: string[] = [];
    for await (const { path, etag } of this.store().list("")) {
      paths.push(path);
      const hex = CONTENT_ADDRESSED.exec(path)?.[1];
      if (hex === undefined || (etag !== undefined && this.#seen.get(path) === etag)) continue;
      await this.#assertWhole(path, hex);
      this.#seen.set(path, etag);
    }
    this.objects = paths.length;
    return paths;
  }

  async #assertWhole(path: string, hex: string): Promise<void> {
    let bytes: Uint8Array;
    try {
      bytes = await (await this.store().read(path)).bytes();
    } catch (error) {
      if (isNotFound(error)) return; // deleted meanwhile
      throw error;
    }
    if (createHash("sha256").update(bytes).digest("hex") === hex) return;
    throw new Violation(`a partial object is visible: ${bytes.byteLength} bytes at ${path}`);
  }
}

/** Tells of every step of a store that changes something: between chunks of a body, and when it is done. */
export class WatchedStore extends CallLayer {
  constructor(
    inner: Store,
    private readonly onStep: () => Promise<void>,
    /** Counts the calls of this store. */
    private readonly open: OpenCounts,
  ) {
    super(inner);
  }

  override async write(path: string, body: StoreBody, options?: WriteOptions): Promise<ObjectInfo> {
    return this.step(this.inner.write(path, isWholeBody(body) ? body : this.watched(body), options));
  }

  override async copy(from: string, to: string, options?: CallOptions): Promise<ObjectInfo> {
    return this.step(this.inner.copy(from, to, options));
  }

  override async delete(path: string, options?: DeleteOptions): Promise<void> {
    return this.step(this.inner.delete(path, options));
  }

  private async step<T>(call: Promise<T>): Promise<T> {
    try {
      return await call;
    } finally {
      await this.onStep();
    }
  }

  private watched(body: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
    const { onStep, open } = this;
    return {
      [Symbol.asyncIterator]() {
        const iterator = body[Symbol.asyncIterator]();
        return {
          async next() {
            await onStep();
            open.calls--; // now it is this store that waits
            try {
              return await iterator.next();
            } finally {
              open.calls++;
            }
          },
          async return() {
            return (await iterator.return?.()) ?? { done: true, value: undefined };
          },
        };
      },
    };
  }
}
