import { abortable } from "../../async/abort.js";
import { declareOwnStore } from "../guard/own-stores.js";
import * as z from "zod/mini";
import { isWholeBody } from "../body.js";
import { type CallDetails } from "../check.js";
import type { Clock } from "../../async/clock.js";
import { observerField, type ObserverOption } from "../../observe/observer.js";
import { clockField, hasMethods } from "../../options/fields.js";
import { parseOptions } from "../../options/parse-options.js";
import type {
  CallOptions,
  DeleteOptions,
  ListOptions,
  ObjectInfo,
  ObjectListing,
  PresignOptions,
  ReadOptions,
  ReadResult,
  Store,
  StoreBody,
  WriteOptions,
} from "../store.js";
import { isSourceFailure } from "../source-failure.js";
import { CallLayer, type Ask } from "./call-layer.js";
import { checkedStore } from "../is-store.js";
import { MeteredBody } from "./metered-body.js";
import { relayed } from "../../async/relayed.js";
import { relayedResult } from "./relayed-result.js";
import { isRetryable } from "./retry-policy.js";
import { MemoryUsageCounter, type UsageCounter } from "./usage-counter.js";
import { UsageMeter, type Reservation } from "./usage-meter.js";

// Number of objects in one page of a listing, of S3 and of GCS. Each page is a request.
const PAGE = 1000;

/** Options of {@link withUsageLimits}. A quantity without a limit is not counted. */
export interface UsageLimitOptions {
  /**
   * Calls in a calendar month (UTC), except deletes and presigned URLs. A listing counts one call for every 1,000
   * objects begun.
   */
  requests?: number | undefined;
  /** Bytes of bodies read in a calendar month (UTC). */
  egressBytes?: number | undefined;
  /** Bytes of bodies written in a calendar month (UTC). */
  ingressBytes?: number | undefined;
  /**
   * Keeps the totals. Default: a {@link MemoryUsageCounter} that belongs to this store. It forgets the totals when
   * the process ends.
   */
  counter?: UsageCounter | undefined;
  /**
   * What happens to a call when the counter fails. `"allow"` (default): the call passes uncounted. `"refuse"`: it is
   * `UNAVAILABLE`.
   */
  onCounterFailure?: "allow" | "refuse" | undefined;
  /** The clock, which also gives the month. Default: the system's. */
  clock?: Clock | undefined;
  /**
   * Hears of calls that were refused (`usage_limit`), and of a counter that fails (`usage_counter_fault`). Default:
   * the observer of the manager that makes the call.
   */
  observer?: ObserverOption | undefined;
}

const limit = z.optional(z.int().check(z.gte(0)));
const schema = z.strictObject({
  requests: limit,
  egressBytes: limit,
  ingressBytes: limit,
  counter: z._default(
    z.custom<UsageCounter>(hasMethods("reserve", "add"), "must be a UsageCounter"),
    () => new MemoryUsageCounter(),
  ),
  onCounterFailure: z._default(z.enum(["allow", "refuse"]), "allow"),
  clock: clockField,
  observer: observerField,
});

/**
 * Limits the use of a store in a calendar month. A call over a limit is refused with `USAGE_LIMIT`, which is not
 * retryable, and without I/O. So a skipped call differs from a failed one. Deletes always pass.
 *
 * Bytes are counted beforehand wherever their number is known, so that calls at a time can't exceed a limit together.
 * Bytes that were counted and not used are given back:
 * - A read is refused without I/O when nothing is left. Otherwise its answer tells the size of the object. If that is
 *   more than is left, the body is not read. For a body that is cancelled or breaks off, only the bytes that came
 *   count.
 * - A write of bytes, of a string, or with `size` is refused without I/O. A stream without `size` is counted chunk by
 *   chunk, and stopped when the limit is reached. Nothing of it is written. Bytes of a failed write are given back,
 *   unless the error is retryable. Then the store may have taken them.
 * - A copy moves no bytes through this layer. If another store copies by reading and writing, put the limits below
 *   that store.
 *
 * @throws {StorageError} `CONFIG_INVALID`
 * @example
 * const store = withUsageLimits(bucket, { requests: 900_000, egressBytes: 9 * 1024 ** 3 });
 */
export function withUsageLimits(store: Store, options: UsageLimitOptions = {}): Store {
  const { requests, egressBytes, ingressBytes, ...settings } = parseOptions(schema, options, "withUsageLimits");
  const meter = new UsageMeter({ limits: { requests, egressBytes, ingressBytes }, ...settings });
  return new UsageLimitLayer(checkedStore(store, "withUsageLimits"), meter);
}

class UsageLimitLayer extends CallLayer {
  constructor(
    inner: Store,
    private readonly meter: UsageMeter,
  ) {
    super(inner);
  }

  protected override async around<T, O extends CallOptions>(
    details: CallDetails,
    options: O,
    ask: Ask<O, T>,
  ): Promise<T> {
    await this.meter.reserve("requests", 1, details, options.signal);
    return abortable(ask(options), options.signal, details);
  }

  protected override async writeChecked(
    path: string,
    source: StoreBody,
    options: WriteOptions,
    details: CallDetails,
  ): Promise<ObjectInfo> {
    const { signal } = options;
    const write = (body: StoreBody): Promise<ObjectInfo> =>
      abortable(this.below.writeChecked(path, body, options, details), signal, details);
    const request = await this.meter.reserve("requests", 1, details, signal);
    const reserve = (bytes: number): Promise<Reservation> => this.meter.reserve("ingressBytes", bytes, details, signal);
    const size = isWholeBody(source) ? Buffer.byteLength(source) : options.size;
    if (size !== undefined) {
      const bytes = await orGiveBack(reserve(size), request);
      return this.#written([bytes], () => write(source));
    }
    const metered = new MeteredBody(source as AsyncIterable<Uint8Array>, reserve);
    return this.#written(metered.reservations, async () => {
      try {
        return await write(metered);
      } catch (error) {
        throw metered.refusal ?? error; // the store below only knows that its source failed
      }
    });
  }

  protected override async readChecked(path: string, options: ReadOptions, details: CallDetails): Promise<ReadResult> {
    const { signal } = options;
    const request = await this.meter.reserve("requests", 1, details, signal);
    const reserve = (bytes: number): Promise<Reservation> => this.meter.reserve("egressBytes", bytes, details, signal);
    // One byte is reserved first, so that the read is refused without I/O when nothing is left. The rest is reserved
    // when the size is known.
    const first = await orGiveBack(reserve(1), request);
    const discard = (late: ReadResult): Promise<void> => late.cancel();
    const read = abortable(this.below.readChecked(path, options, details), signal, details, discard);
    const result = await orGiveBack(read, first);
    let rest: Reservation;
    try {
      rest = await orGiveBack(reserve(Math.max(0, bytesOf(result.info, options) - 1)), first);
    } catch (error) {
      result.cancel().catch(() => undefined);
      throw error;
    }
    return this.#meteredResult(result, [first, rest], details, signal);
  }

  protected override deleteChecked(path: string, options: DeleteOptions, details: CallDetails): Promise<void> {
    return this.below.deleteChecked(path, options, details);
  }

  protected override async *listChecked(prefix: string, options: ListOptions, details: CallDetails): ObjectListing {
    const { signal } = options;
    let steps = 0;
    yield* relayed(this.below.listChecked(prefix, options, details), async (next) => {
      if (steps++ % PAGE === 0) await this.meter.reserve("requests", 1, details, signal);
      return abortable(next(), signal, details);
    });
  }

  protected override presignChecked(path: string, options: PresignOptions): Promise<string> {
    return this.below.presignChecked(path, options);
  }

  async #written(bytes: readonly Reservation[], write: () => Promise<ObjectInfo>): Promise<ObjectInfo> {
    try {
      return await write();
    } catch (error) {
      // If the source of the body failed, the store has not taken the bytes.
      if (!isRetryable(error) || isSourceFailure(error)) for (const reservation of bytes) reservation.giveBack();
      throw error;
    }
  }

  #meteredResult(
    result: ReadResult,
    reserved: readonly Reservation[],
    details: CallDetails,
    signal: AbortSignal | undefined,
  ): ReadResult {
    // Bytes that were read without a reservation: more came than the store said.
    let missing = 0;
    return relayedResult(
      result,
      {
        async step(pull) {
          const step = await pull();
          if (step.done !== true) {
            missing += reserved.reduce((left, reservation) => reservation.use(left), step.value.byteLength);
          }
          return step;
        },
        ended: () => {
          for (const reservation of reserved) reservation.giveBack();
          if (missing > 0) this.meter.overrun("egressBytes", missing, details);
        },
      },
      { store: this.name, signal },
    );
  }

  static {
    declareOwnStore(this);
  }
}

/** Gives a reservation back when the call that it was made for fails. */
async function orGiveBack<T>(call: Promise<T>, reservation: Reservation): Promise<T> {
  try {
    return await call;
  } catch (error) {
    reservation.giveBack();
    throw error;
  }
}

/** Returns the number of bytes that a read of an object brings. */
function bytesOf({ size }: ObjectInfo, { offset = 0, length = Infinity }: ReadOptions): number {
  return Math.max(0, Math.min(length, size - offset));
}
