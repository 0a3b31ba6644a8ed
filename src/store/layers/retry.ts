import { abortable } from "../../async/abort.js";
import { declareOwnStore } from "../guard/own-stores.js";
import * as z from "zod/mini";
import { isWholeBody } from "../body.js";
import { type CallDetails } from "../check.js";
import type { Clock } from "../../async/clock.js";
import { isStorageError, type StorageError, type StorageErrorCode } from "../../errors/error.js";
import { observerField, type ObserverOption } from "../../observe/observer.js";
import { clockField, functionField } from "../../options/fields.js";
import { parseOptions } from "../../options/parse-options.js";
import { streamResult } from "../read-result.js";
import type {
  CallOptions,
  DeleteOptions,
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
import { milliseconds, wholeNumber } from "./layer-options.js";
import { checkedStore } from "../is-store.js";
import { isGone, writtenAlready } from "./own-effect.js";
import { relayed } from "../../async/relayed.js";
import { ReplayableBody } from "./replayable-body.js";
import { ResumedBody } from "./resumed-body.js";
import { isRetryable, RetryPolicy } from "./retry-policy.js";

/** Options of {@link withRetry}. */
export interface RetryOptions {
  /** Attempts in all, including the first. At least 1, default 4. */
  attempts?: number | undefined;
  /**
   * Milliseconds from the beginning of a call in which attempts may begin. Default 60,000. An attempt that would
   * begin later is not made, and nobody waits for it. An attempt in flight is not cut off. Use `withTimeout` for
   * that.
   */
  maxElapsed?: number | undefined;
  /** Most milliseconds of the first wait. Default 100. The limit doubles with each further wait. */
  baseDelay?: number | undefined;
  /** Most milliseconds of any wait. Default 10,000. */
  maxDelay?: number | undefined;
  /** Returns the part of the longest wait that is really waited, from 0 to 1. Default `Math.random`. */
  random?: (() => number) | undefined;
  /** The clock. Default: the system's. */
  clock?: Clock | undefined;
  /**
   * Hears of every attempt that failed and is followed by another (`retry`). Default: the observer of the manager
   * that makes the call.
   */
  observer?: ObserverOption | undefined;
}

const schema = z.strictObject({
  attempts: z._default(wholeNumber, 4),
  maxElapsed: z._default(milliseconds, 60_000),
  baseDelay: z._default(milliseconds, 100),
  maxDelay: z._default(milliseconds, 10_000),
  random: z._default(functionField<() => number>(), () => Math.random),
  clock: clockField,
  observer: observerField,
});

/**
 * Retries calls that failed with an error whose `retryable` is true. Waits in between grow exponentially and are
 * spread at random. An abort ends them at once. The caller gets the error of the last attempt.
 *
 * - A write of a stream is retried only if nothing was read of the stream.
 * - A read whose body breaks off goes on from there. This needs a store that gives etags and reads ranges, and an
 *   object that is still the same version. Otherwise the reader gets the error that broke it off.
 * - A listing goes on after the last path that it gave.
 * - For bodies and listings, attempts and time count from the last progress.
 *
 * **Conditions.** An attempt may fail although the store did what was asked. If the next attempt then fails its
 * condition, the layer looks at the object. A write with `ifNoneMatch` or `ifMatch` has succeeded if exactly this
 * content (bytes, content type, metadata) is there. A delete with `ifMatch` has succeeded if no object is there. This
 * can't tell apart two writers who write the same content. If only one writer may win, the content must name the
 * writer.
 *
 * @throws {StorageError} `CONFIG_INVALID`
 * @example
 * const store = withRetry(new S3Store({ bucket: "payloads", clientConfig: { maxAttempts: 1 } }), { attempts: 5 });
 */
export function withRetry(store: Store, options: RetryOptions = {}): Store {
  const policy = new RetryPolicy(parseOptions(schema, options, "withRetry"));
  return new RetryLayer(checkedStore(store, "withRetry"), policy);
}

interface Attempt<T> {
  readonly discard?: (late: T) => unknown;
  /** Whether the input of the call is still whole. */
  readonly repeatable?: () => boolean;
}

class RetryLayer extends CallLayer {
  constructor(
    inner: Store,
    private readonly policy: RetryPolicy,
  ) {
    super(inner);
  }

  protected override around<T, O extends CallOptions>(details: CallDetails, options: O, ask: Ask<O, T>): Promise<T> {
    return this.#run(details, options.signal, () => ask(options));
  }

  protected override async writeChecked(
    path: string,
    source: StoreBody,
    options: WriteOptions,
    details: CallDetails,
  ): Promise<ObjectInfo> {
    const replayable = new ReplayableBody(source);
    let doubt: unknown; // why it is not known whether an earlier attempt wrote the object
    const attempt = async (): Promise<ObjectInfo> => {
      try {
        return await this.below.writeChecked(path, replayable.next(), options, details);
      } catch (error) {
        if (doubt !== undefined && isWholeBody(source) && isStorageError(error, lostCondition(options))) {
          return await this.#settle(doubt, error, () => writtenAlready(this.inner, path, source, options));
        }
        if (isRetryable(error)) doubt ??= error;
        throw error;
      }
    };
    return this.#run(details, options.signal, attempt, { repeatable: () => !replayable.spent });
  }

  protected override async readChecked(path: string, options: ReadOptions, details: CallDetails): Promise<ReadResult> {
    const { signal } = options;
    const result = await this.#run(details, signal, () => this.below.readChecked(path, options, details), {
      discard: (late) => late.cancel(),
    });
    const body = new ResumedBody(this.inner, path, options, this.policy, details, result);
    const release = async (): Promise<void> => {
      await body.return();
    };
    return streamResult(result.info, body, release, { store: this.name, signal });
  }

  protected override async deleteChecked(path: string, options: DeleteOptions, details: CallDetails): Promise<void> {
    let doubt: unknown; // why it is not known whether an earlier attempt deleted the object
    return this.#run(details, options.signal, async () => {
      try {
        await this.below.deleteChecked(path, options, details);
      } catch (error) {
        if (doubt !== undefined && isStorageError(error, "PRECONDITION_FAILED")) {
          await this.#settle(doubt, error, async () => (await isGone(this.inner, path, options)) || undefined);
          return;
        }
        if (isRetryable(error)) doubt ??= error;
        throw error;
      }
    });
  }

  protected override async *listChecked(prefix: string, options: ListOptions, details: CallDetails): ObjectListing {
    const { signal, limit } = options;
    let { startAfter } = options;
    let listed = 0;
    let attempts = this.policy.begin(details);
    do {
      const rest = limit === undefined ? {} : { limit: limit - listed };
      const listing = this.below.listChecked(prefix, { ...options, startAfter, ...rest }, details);
      try {
        for await (const info of relayed(listing, (next) => abortable(next(), signal, details))) {
          startAfter = info.path;
          listed++;
          yield info;
          attempts = this.policy.begin(details);
        }
        return;
      } catch (error) {
        await attempts.next(error, signal);
      }
    } while (limit === undefined || listed < limit);
  }

  async #run<T>(
    details: CallDetails,
    signal: AbortSignal | undefined,
    call: () => Promise<T>,
    { discard, repeatable = () => true }: Attempt<T> = {},
  ): Promise<T> {
    const attempts = this.policy.begin(details);
    for (;;) {
      try {
        return await abortable(call(), signal, details, discard);
      } catch (error) {
        if (!repeatable()) throw error;
        await attempts.next(error, signal);
      }
    }
  }

  /**
   * Finds out whether an earlier attempt met the condition. If that can't be found out, the call fails with the error
   * that left the doubt.
   */
  async #settle<T>(doubt: unknown, refusal: StorageError, look: () => Promise<T | undefined>): Promise<T> {
    let own: T | undefined;
    try {
      own = await look();
    } catch {
      throw doubt;
    }
    if (own === undefined) throw refusal;
    return own;
  }

  static {
    declareOwnStore(this);
  }
}

function lostCondition({ ifNoneMatch }: WriteOptions): StorageErrorCode {
  return ifNoneMatch === undefined ? "PRECONDITION_FAILED" : "ALREADY_EXISTS";
}
