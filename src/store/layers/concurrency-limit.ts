import { declareOwnStore } from "../guard/own-stores.js";
import { openListing } from "../open-listing.js";
import * as z from "zod/mini";
import { endingSource } from "../body-source.js";
import {
  checkCopy,
  checkDelete,
  checkList,
  checkPresign,
  checkRead,
  checkStat,
  checkWrite,
  type CallDetails,
} from "../check.js";
import { parseOptions } from "../../options/parse-options.js";
import type {
  CallOptions,
  DeleteOptions,
  ListOptions,
  ObjectInfo,
  PresignOptions,
  ReadOptions,
  ReadResult,
  Store,
  StoreBody,
  WriteOptions,
} from "../store.js";
import { StoreLayer } from "./store-layer.js";
import { heeded } from "./heeded.js";
import { wholeNumber } from "./layer-options.js";
import { checkedStore } from "../is-store.js";
import { relayedListing } from "./relayed-listing.js";
import { relayedResult } from "./relayed-result.js";
import { Semaphore } from "./semaphore.js";

/** Options of {@link withConcurrencyLimit}. */
export interface ConcurrencyLimitOptions {
  /** Calls of the store below that may be under way at a time; at least 1. */
  limit: number;
}

const schema = z.strictObject({ limit: wholeNumber });

/**
 * Lets at most `limit` calls of a store be under way at a time; the others wait, first come, first served. One who
 * waits can leave by his signal.
 *
 * A read holds its slot until the body is read to its end, fails, is cancelled, or its signal fires. So a result that
 * is neither read nor cancelled keeps its slot for good. A listing holds a slot for each step, not in between. An
 * aborted call gives its slot back at once, whether or not the store below heeds the signal.
 *
 * A write whose body is itself read from this store needs two slots.
 *
 * @throws {StorageError} `CONFIG_INVALID`
 * @example
 * const store = withConcurrencyLimit(new S3Store({ bucket: "payloads" }), { limit: 64 });
 */
export function withConcurrencyLimit(store: Store, options: ConcurrencyLimitOptions): Store {
  const { limit } = parseOptions(schema, options, "withConcurrencyLimit");
  return new ConcurrencyLimitLayer(checkedStore(store, "withConcurrencyLimit"), new Semaphore(limit));
}

class ConcurrencyLimitLayer extends StoreLayer {
  constructor(
    inner: Store,
    private readonly slots: Semaphore,
  ) {
    super(inner);
  }

  override write(path: string, body: StoreBody, options: WriteOptions = {}): Promise<ObjectInfo> {
    return endingSource(body, async (source) => {
      const details = checkWrite(this, path, source, options);
      return this.#inSlot(details, options.signal, () => this.inner.write(path, source, options));
    });
  }

  override async read(path: string, options: ReadOptions = {}): Promise<ReadResult> {
    const details = checkRead(this, path, options);
    const { signal } = options;
    const release = await this.slots.acquire(signal, details);
    try {
      const discard = (late: ReadResult): Promise<void> => late.cancel();
      const result = await heeded(this.inner.read(path, options), signal, details, discard);
      return relayedResult(result, { ended: release }, { store: this.name, signal });
    } catch (error) {
      release();
      throw error;
    }
  }

  override async stat(path: string, options: CallOptions = {}): Promise<ObjectInfo | undefined> {
    const details = checkStat(this, path, options);
    return this.#inSlot(details, options.signal, () => this.inner.stat(path, options));
  }

  override async delete(path: string, options: DeleteOptions = {}): Promise<void> {
    const details = checkDelete(this, path, options);
    return this.#inSlot(details, options.signal, () => this.inner.delete(path, options));
  }

  override async *list(prefix: string, options: ListOptions = {}): AsyncGenerator<ObjectInfo, void, undefined> {
    const details = checkList(this, prefix, options);
    const listing = openListing(this.inner, prefix, options);
    yield* relayedListing(listing, (next) => this.#inSlot(details, options.signal, next));
  }

  override async copy(from: string, to: string, options: CallOptions = {}): Promise<ObjectInfo> {
    const details = checkCopy(this, from, to, options);
    return this.#inSlot(details, options.signal, () => this.inner.copy(from, to, options));
  }

  override async presign(path: string, options: PresignOptions): Promise<string> {
    const details = checkPresign(this, path, options, Infinity); // how long a URL lives at most, the store below knows
    return this.#inSlot(details, undefined, () => this.inner.presign(path, options));
  }

  async #inSlot<T>(details: CallDetails, signal: AbortSignal | undefined, call: () => Promise<T>): Promise<T> {
    const release = await this.slots.acquire(signal, details);
    try {
      return await heeded(call(), signal, details);
    } finally {
      release();
    }
  }

  static {
    declareOwnStore(this);
  }
}
