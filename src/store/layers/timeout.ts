import { declareOwnStore } from "../guard/own-stores.js";
import { openListing } from "../open-listing.js";
import * as z from "zod/mini";
import { endingSource } from "../body-source.js";
import { isWholeBody } from "../body.js";
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
import { systemClock, type Clock } from "../../async/clock.js";
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
import { Deadline } from "./deadline.js";
import { clockOption, milliseconds } from "./layer-options.js";
import { checkedStore } from "../is-store.js";
import { relayedListing } from "./relayed-listing.js";
import { relayedResult } from "./relayed-result.js";

/** An operation of a store that a timeout can be given for. */
export type TimedOperation = "write" | "read" | "stat" | "delete" | "list" | "copy" | "presign";

/** Options of {@link withTimeout}. */
export interface TimeoutOptions {
  /** Milliseconds, more than 0. */
  timeout: number;
  /** Other times for some operations, in milliseconds, such as `{ write: 120_000 }`. */
  timeouts?: Partial<Record<TimedOperation, number>> | undefined;
  /** Where the time comes from. Default the system's. */
  clock?: Clock | undefined;
}

const duration = milliseconds.check(z.gt(0));
const schema = z.strictObject({
  timeout: duration,
  timeouts: z.optional(
    z.partial(
      z.strictObject({
        write: duration,
        read: duration,
        stat: duration,
        delete: duration,
        list: duration,
        copy: duration,
        presign: duration,
      }),
    ),
  ),
  clock: clockOption,
});

type ParsedOptions = z.output<typeof schema>;

/**
 * Ends a call with `TIMEOUT` (retryable) when the store below leaves it without an answer: at once, also if the store
 * takes no notice of signals. What it brings later is thrown away; a write may still have its effect.
 *
 * What is timed is the store, never the caller:
 * - `stat`, `delete`, `copy`, `presign`, and a write of bytes or a string: the whole call.
 * - A write of a stream: the time in which the store neither asks for more nor answers. While the source is waited for,
 *   no time runs; a source that may hang needs a signal.
 * - A read: the time to its answer, then to each chunk while the reader waits for it. A slow reader is no timeout.
 * - A listing: each step.
 *
 * @throws {StorageError} `CONFIG_INVALID`
 * @example
 * const store = withTimeout(new S3Store({ bucket: "payloads" }), { timeout: 10_000, timeouts: { write: 60_000 } });
 */
export function withTimeout(store: Store, options: TimeoutOptions): Store {
  return new TimeoutLayer(checkedStore(store, "withTimeout"), parseOptions(schema, options, "withTimeout"));
}

class TimeoutLayer extends StoreLayer {
  constructor(
    inner: Store,
    private readonly options: ParsedOptions,
  ) {
    super(inner);
  }

  override write(path: string, body: StoreBody, options: WriteOptions = {}): Promise<ObjectInfo> {
    return endingSource(body, async (source) => {
      const details = checkWrite(this, path, source, options);
      return this.#within("write", details, options.signal, (deadline) => {
        const timed = isWholeBody(source) ? source : whileStoreIsBusy(source, deadline);
        return this.inner.write(path, timed, { ...options, signal: deadline.signal });
      });
    });
  }

  override async read(path: string, options: ReadOptions = {}): Promise<ReadResult> {
    const details = checkRead(this, path, options);
    const { signal } = options;
    const deadline = this.#deadline("read", details, signal);
    try {
      const result = await deadline.wait(
        () => this.inner.read(path, { ...options, signal: deadline.signal }),
        (late) => late.cancel(),
      );
      const relay = {
        step: <T>(pull: () => Promise<T>) => deadline.wait(pull),
        ended: () => deadline.end(),
      };
      return relayedResult(result, relay, { store: this.name, signal });
    } catch (error) {
      deadline.end();
      throw error;
    }
  }

  override async stat(path: string, options: CallOptions = {}): Promise<ObjectInfo | undefined> {
    const details = checkStat(this, path, options);
    return this.#within("stat", details, options.signal, ({ signal }) => this.inner.stat(path, { ...options, signal }));
  }

  override async delete(path: string, options: DeleteOptions = {}): Promise<void> {
    const details = checkDelete(this, path, options);
    return this.#within("delete", details, options.signal, ({ signal }) =>
      this.inner.delete(path, { ...options, signal }),
    );
  }

  override async *list(prefix: string, options: ListOptions = {}): AsyncGenerator<ObjectInfo, void, undefined> {
    const details = checkList(this, prefix, options);
    const deadline = this.#deadline("list", details, options.signal);
    try {
      const listing = openListing(this.inner, prefix, { ...options, signal: deadline.signal });
      yield* relayedListing(listing, (next) => deadline.wait(next));
    } finally {
      deadline.end();
    }
  }

  override async copy(from: string, to: string, options: CallOptions = {}): Promise<ObjectInfo> {
    const details = checkCopy(this, from, to, options);
    return this.#within("copy", details, options.signal, ({ signal }) =>
      this.inner.copy(from, to, { ...options, signal }),
    );
  }

  override async presign(path: string, options: PresignOptions): Promise<string> {
    const details = checkPresign(this, path, options, Infinity); // how long a URL lives at most, the store below knows
    return this.#within("presign", details, undefined, () => this.inner.presign(path, options));
  }

  #deadline(operation: TimedOperation, details: CallDetails, signal: AbortSignal | undefined): Deadline {
    const { timeout, timeouts, clock = systemClock } = this.options;
    return new Deadline(clock, timeouts?.[operation] ?? timeout, details, signal);
  }

  async #within<T>(
    operation: TimedOperation,
    details: CallDetails,
    signal: AbortSignal | undefined,
    call: (deadline: Deadline) => Promise<T>,
  ): Promise<T> {
    const deadline = this.#deadline(operation, details, signal);
    try {
      return await deadline.wait(() => call(deadline));
    } finally {
      deadline.end();
    }
  }

  static {
    declareOwnStore(this);
  }
}

/** The body, whose source takes the time that it needs: the deadline counts only while it is not waited for. */
function whileStoreIsBusy(body: AsyncIterable<Uint8Array>, deadline: Deadline): AsyncIterable<Uint8Array> {
  return {
    [Symbol.asyncIterator]() {
      const iterator = body[Symbol.asyncIterator]();
      return {
        async next() {
          deadline.stop();
          try {
            return await iterator.next();
          } finally {
            deadline.start();
          }
        },
        return: async () => (await iterator.return?.()) ?? { done: true, value: undefined },
      };
    },
  };
}
