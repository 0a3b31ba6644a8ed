import { abortable } from "../../async/abort.js";
import { declareOwnStore } from "../guard/own-stores.js";
import * as z from "zod/mini";
import { type CallDetails } from "../check.js";
import { parseOptions } from "../../options/parse-options.js";
import type { CallOptions, ReadOptions, ReadResult, Store } from "../store.js";
import { CallLayer, type Ask } from "./call-layer.js";
import { wholeNumber } from "./layer-options.js";
import { checkedStore } from "../is-store.js";
import { relayedResult } from "./relayed-result.js";
import { Semaphore } from "./semaphore.js";

/** Options of {@link withConcurrencyLimit}. */
export interface ConcurrencyLimitOptions {
  /** Calls of the store below that may be in flight at a time. At least 1. */
  limit: number;
}

const schema = z.strictObject({ limit: wholeNumber });

/**
 * Lets at most `limit` calls of a store be in flight at a time. The other calls wait, first come, first served. A
 * call that waits ends when its signal fires.
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

class ConcurrencyLimitLayer extends CallLayer {
  constructor(
    inner: Store,
    private readonly slots: Semaphore,
  ) {
    super(inner);
  }

  protected override async around<T, O extends CallOptions>(
    details: CallDetails,
    options: O,
    ask: Ask<O, T>,
  ): Promise<T> {
    const release = await this.slots.acquire(options.signal, details);
    try {
      return await abortable(ask(options), options.signal, details);
    } finally {
      release();
    }
  }

  protected override async readChecked(path: string, options: ReadOptions, details: CallDetails): Promise<ReadResult> {
    const { signal } = options;
    const release = await this.slots.acquire(signal, details);
    try {
      const discard = (late: ReadResult): Promise<void> => late.cancel();
      const result = await abortable(this.below.readChecked(path, options, details), signal, details, discard);
      return relayedResult(result, { ended: release }, { store: this.name, signal });
    } catch (error) {
      release();
      throw error;
    }
  }

  static {
    declareOwnStore(this);
  }
}
