import { declareOwnStore } from "../guard/own-stores.js";
import * as z from "zod/mini";
import { STORE_VERBS } from "../capability.js";
import { isWholeBody } from "../body.js";
import { type CallDetails } from "../check.js";
import type { Clock } from "../../async/clock.js";
import { clockField } from "../../options/fields.js";
import { parseOptions } from "../../options/parse-options.js";
import type {
  CallOptions,
  ListOptions,
  ObjectInfo,
  ObjectListing,
  ReadOptions,
  ReadResult,
  Store,
  StoreBody,
  WriteOptions,
} from "../store.js";
import { CallLayer, type Ask } from "./call-layer.js";
import { Deadline } from "./deadline.js";
import { milliseconds } from "./layer-options.js";
import { checkedStore } from "../is-store.js";
import { relayed } from "../../async/relayed.js";
import { relayedResult } from "./relayed-result.js";

/** An operation of a store that can have a timeout. */
export type TimedOperation = "write" | "read" | "stat" | "delete" | "list" | "copy" | "presign";

/** Options of {@link withTimeout}. */
export interface TimeoutOptions {
  /** Milliseconds after which a call times out. More than 0. */
  timeout: number;
  /** Other times for some operations, in milliseconds, such as `{ write: 120_000 }`. */
  timeouts?: Partial<Record<TimedOperation, number>> | undefined;
  /** The clock. Default: the system's. */
  clock?: Clock | undefined;
}

const duration = milliseconds.check(z.gt(0));
const durations = Object.fromEntries(STORE_VERBS.map((verb) => [verb, duration])) as Record<
  TimedOperation,
  typeof duration
>;
const schema = z.strictObject({
  timeout: duration,
  timeouts: z.optional(z.partial(z.strictObject(durations))),
  clock: clockField,
});

type ParsedOptions = z.output<typeof schema>;

/**
 * Ends a call with `TIMEOUT` (retryable) when the store below does not answer in time. The call ends at once, even if
 * the store ignores signals. A late answer is thrown away. A write may still have its effect.
 *
 * The time of the store counts, never the time of the caller:
 * - `stat`, `delete`, `copy`, `presign`, and a write of bytes or a string: the whole call.
 * - A write of a stream: the time in which the store neither asks for more nor answers. While the store waits for the
 *   source, no time runs. A source that may hang needs a signal.
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

class TimeoutLayer extends CallLayer {
  constructor(
    inner: Store,
    private readonly options: ParsedOptions,
  ) {
    super(inner);
  }

  protected override around<T, O extends CallOptions>(details: CallDetails, options: O, ask: Ask<O, T>): Promise<T> {
    return this.#within(details, options, ({ signal }) => ask({ ...options, signal }));
  }

  protected override writeChecked(
    path: string,
    source: StoreBody,
    options: WriteOptions,
    details: CallDetails,
  ): Promise<ObjectInfo> {
    return this.#within(details, options, (deadline) => {
      const timed = isWholeBody(source) ? source : whileStoreIsBusy(source, deadline);
      return this.below.writeChecked(path, timed, { ...options, signal: deadline.signal }, details);
    });
  }

  protected override async readChecked(path: string, options: ReadOptions, details: CallDetails): Promise<ReadResult> {
    const deadline = this.#deadline(details, options);
    try {
      const result = await deadline.wait(
        () => this.below.readChecked(path, { ...options, signal: deadline.signal }, details),
        (late) => late.cancel(),
      );
      const relay = {
        step: <T>(pull: () => Promise<T>) => deadline.wait(pull),
        ended: () => deadline.end(),
      };
      return relayedResult(result, relay, { store: this.name, signal: options.signal });
    } catch (error) {
      deadline.end();
      throw error;
    }
  }

  protected override async *listChecked(prefix: string, options: ListOptions, details: CallDetails): ObjectListing {
    const deadline = this.#deadline(details, options);
    try {
      const listing = this.below.listChecked(prefix, { ...options, signal: deadline.signal }, details);
      yield* relayed(listing, (next) => deadline.wait(next));
    } finally {
      deadline.end();
    }
  }

  #deadline(details: CallDetails, { signal }: CallOptions): Deadline {
    const { timeout, timeouts, clock } = this.options;
    return new Deadline(clock, timeouts?.[details.operation as TimedOperation] ?? timeout, details, signal);
  }

  async #within<T>(details: CallDetails, options: CallOptions, call: (deadline: Deadline) => Promise<T>): Promise<T> {
    const deadline = this.#deadline(details, options);
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

/**
 * Returns the body, whose source takes the time that it needs. The deadline does not count while the store waits for
 * it.
 */
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
