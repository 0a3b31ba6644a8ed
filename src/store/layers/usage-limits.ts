import { declareOwnStore } from "../guard/own-stores.js";
import * as z from "zod/mini";
import { endingSource } from "../body-source.js";
import { isWholeBody } from "../body.js";
import { checkCopy, checkList, checkRead, checkStat, checkWrite, type CallDetails } from "../check.js";
import { systemClock, type Clock } from "../../async/clock.js";
import type { StorageObserver } from "../../observe/event.js";
import { parseOptions } from "../../options/parse-options.js";
import type {
  CallOptions,
  ListOptions,
  ObjectInfo,
  ReadOptions,
  ReadResult,
  Store,
  StoreBody,
  WriteOptions,
} from "../store.js";
import { isSourceFailure } from "../source-failure.js";
import { StoreLayer } from "./store-layer.js";
import { heeded } from "./heeded.js";
import { clockOption, observerOption } from "./layer-options.js";
import { checkedStore } from "../is-store.js";
import { MeteredBody } from "./metered-body.js";
import { relayedListing } from "./relayed-listing.js";
import { relayedResult } from "./relayed-result.js";
import { isRetryable } from "./retry-policy.js";
import { MemoryUsageCounter, type UsageCounter } from "./usage-counter.js";
import { UsageMeter, type Reservation } from "./usage-meter.js";

// Objects of one page of a listing: of S3 and of GCS. Each page is a request.
const PAGE = 1000;

/** Options of {@link withUsageLimits}. What has no limit is not counted. */
export interface UsageLimitOptions {
  /** Calls in a calendar month (UTC), deletes and presigned URLs excepted. A listing is one for every 1,000 objects begun. */
  requests?: number | undefined;
  /** Bytes of bodies read in a calendar month (UTC). */
  egressBytes?: number | undefined;
  /** Bytes of bodies written in a calendar month (UTC). */
  ingressBytes?: number | undefined;
  /** Keeps the totals. Default a {@link MemoryUsageCounter} of this store's own: it forgets them with the process. */
  counter?: UsageCounter | undefined;
  /** What becomes of a call when the counter fails: it passes uncounted (`"allow"`, default), or is `UNAVAILABLE`. */
  onCounterFailure?: "allow" | "refuse" | undefined;
  /** Where the time comes from, and so the month. Default the system's. */
  clock?: Clock | undefined;
  /** Told of calls that were refused (`usage_limit`), and of a counter that fails (`usage_counter_fault`). */
  observer?: StorageObserver | undefined;
}

const limit = z.optional(z.int().check(z.gte(0)));
const schema = z.strictObject({
  requests: limit,
  egressBytes: limit,
  ingressBytes: limit,
  counter: z.optional(z.custom<UsageCounter>(isCounter, "must be a UsageCounter")),
  onCounterFailure: z._default(z.enum(["allow", "refuse"]), "allow"),
  clock: clockOption,
  observer: observerOption,
});

/**
 * Limits what is used of a store in a calendar month. A call over a limit is refused with `USAGE_LIMIT`, which is not
 * retryable, and without I/O, so that a skipped call is told from a failed one. Deletes always pass.
 *
 * Bytes are counted beforehand wherever their number is known, so that calls at a time can't exceed a limit together,
 * and what is not used of it is given back:
 * - A read is refused without I/O when nothing is left. Otherwise the size of the object is known by its answer; if that
 *   is more than is left, the body is not read. Bytes of a body that is cancelled or breaks off count as far as it came.
 * - A write of bytes, of a string, or with `size` is refused without I/O. A stream without `size` is counted chunk by
 *   chunk, and stopped when the limit is reached; nothing of it is written. Bytes of a write that failed are given back,
 *   unless the error is retryable: then the store may have taken them.
 * - A copy moves no bytes through here. One that another store makes by reading and writing has to be limited below it.
 *
 * @throws {StorageError} `CONFIG_INVALID`
 * @example
 * const store = withUsageLimits(bucket, { requests: 900_000, egressBytes: 9 * 1024 ** 3 });
 */
export function withUsageLimits(store: Store, options: UsageLimitOptions = {}): Store {
  const parsed = parseOptions(schema, options, "withUsageLimits");
  const { counter = new MemoryUsageCounter(), clock = systemClock, onCounterFailure, observer, ...limits } = parsed;
  return new UsageLimitLayer(
    checkedStore(store, "withUsageLimits"),
    new UsageMeter({ limits, counter, clock, onCounterFailure, observer }),
  );
}

class UsageLimitLayer extends StoreLayer {
  constructor(
    inner: Store,
    private readonly meter: UsageMeter,
  ) {
    super(inner);
  }

  override write(path: string, body: StoreBody, options: WriteOptions = {}): Promise<ObjectInfo> {
    return endingSource(body, (source) => this.#write(path, source, options));
  }

  async #write(path: string, body: StoreBody, options: WriteOptions): Promise<ObjectInfo> {
    const details = checkWrite(this, path, body, options);
    const { signal } = options;
    const request = await this.meter.reserve("requests", 1, details, signal);
    const reserve = (bytes: number): Promise<Reservation> => this.meter.reserve("ingressBytes", bytes, details, signal);
    const size = isWholeBody(body) ? Buffer.byteLength(body) : options.size;
    if (size !== undefined) {
      const bytes = await orGiveBack(reserve(size), request);
      return this.#written([bytes], () => heeded(this.inner.write(path, body, options), signal, details));
    }
    const metered = new MeteredBody(body as AsyncIterable<Uint8Array>, reserve);
    return this.#written(metered.reservations, async () => {
      try {
        return await heeded(this.inner.write(path, metered, options), signal, details);
      } catch (error) {
        throw metered.refusal ?? error; // the store below only knows that its source failed
      }
    });
  }

  override async read(path: string, options: ReadOptions = {}): Promise<ReadResult> {
    const details = checkRead(this, path, options);
    const { signal } = options;
    const request = await this.meter.reserve("requests", 1, details, signal);
    const reserve = (bytes: number): Promise<Reservation> => this.meter.reserve("egressBytes", bytes, details, signal);
    // One byte, to be refused without I/O when nothing is left; the rest when the size is known.
    const first = await orGiveBack(reserve(1), request);
    const discard = (late: ReadResult): Promise<void> => late.cancel();
    const result = await orGiveBack(heeded(this.inner.read(path, options), signal, details, discard), first);
    let rest: Reservation;
    try {
      rest = await orGiveBack(reserve(Math.max(0, bytesOf(result.info, options) - 1)), first);
    } catch (error) {
      result.cancel().catch(() => undefined);
      throw error;
    }
    return this.#meteredResult(result, [first, rest], details, signal);
  }

  override async stat(path: string, options: CallOptions = {}): Promise<ObjectInfo | undefined> {
    const details = checkStat(this, path, options);
    await this.meter.reserve("requests", 1, details, options.signal);
    return heeded(this.inner.stat(path, options), options.signal, details);
  }

  override async *list(prefix: string, options: ListOptions = {}): AsyncGenerator<ObjectInfo, void, undefined> {
    const details = checkList(this, prefix, options);
    const { signal } = options;
    let steps = 0;
    yield* relayedListing(this.inner.list(prefix, options), async (next) => {
      if (steps++ % PAGE === 0) await this.meter.reserve("requests", 1, details, signal);
      return heeded(next(), signal, details);
    });
  }

  override async copy(from: string, to: string, options: CallOptions = {}): Promise<ObjectInfo> {
    const details = checkCopy(this, from, to, options);
    await this.meter.reserve("requests", 1, details, options.signal);
    return heeded(this.inner.copy(from, to, options), options.signal, details);
  }

  async #written(bytes: readonly Reservation[], write: () => Promise<ObjectInfo>): Promise<ObjectInfo> {
    try {
      return await write();
    } catch (error) {
      // What failed at its source, the store has not taken.
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
    let missing = 0; // of what was read: more than the store said that there is
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

/** Gives a reservation back when what it was made for fails. */
async function orGiveBack<T>(call: Promise<T>, reservation: Reservation): Promise<T> {
  try {
    return await call;
  } catch (error) {
    reservation.giveBack();
    throw error;
  }
}

/** Bytes that a read of an object brings. */
function bytesOf({ size }: ObjectInfo, { offset = 0, length = Infinity }: ReadOptions): number {
  return Math.max(0, Math.min(length, size - offset));
}

function isCounter(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const counter: { [Name in keyof UsageCounter]?: unknown } = value;
  return typeof counter.reserve === "function" && typeof counter.add === "function";
}
