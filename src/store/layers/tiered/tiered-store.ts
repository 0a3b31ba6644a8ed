import { NO_OBJECT } from "../../no-object.js";
import { declareOwnStore } from "../../guard/own-stores.js";
import { isNotFound, isStorageError, StorageError } from "../../../errors/error.js";
import { abortable } from "../../../async/abort.js";
import { sha256Digest } from "../../../bytes/digest.js";
import { type CallDetails } from "../../check.js";
import type {
  CallOptions,
  DeleteOptions,
  ObjectInfo,
  ReadOptions,
  ReadResult,
  StoreBody,
  WriteOptions,
} from "../../store.js";
import { contentAddressedDigest } from "../../../object/object-name.js";
import { CallLayer } from "../call-layer.js";
import { Allowance } from "./allowance.js";
import { CacheNews } from "./cache-news.js";
import { cachedResult, cacheKey, copyInfo, isSameVersion, resultSize, type CachedObject } from "./cached-object.js";
import { captureBody } from "./captured-body.js";
import { Changes } from "./changes.js";
import { GuardedCache } from "./guarded-cache.js";
import { loadBody } from "./load-body.js";
import { createLruCacheTier } from "./lru-cache-tier.js";
import { OneReaderBody } from "./one-reader-body.js";
import { parseTieredOptions, type ParsedTieredOptions, type TieredStoreOptions } from "./options.js";
import { Renewals } from "./renewals.js";
import { SingleFlight, type Flight } from "./single-flight.js";
import { isTouchable } from "./touchable-store.js";

/** Counters of a {@link TieredStore} since it was made, and what it holds. */
export interface TieredStoreStats {
  /** Reads that a good copy answered. */
  hits: number;
  /** Reads that asked the remote for their bytes. */
  misses: number;
  /** Reads that a copy answered although it could not be checked or replaced. See `staleIfError`. */
  stale: number;
  /** Copies that were dropped to make room for others. */
  evictions: number;
  /** Failures of the cache, all of them hidden from callers. */
  faults: number;
  /** Number of copies that are held. */
  objects: number;
  /** Bytes of memory that the copies take. */
  bytes: number;
}

type Call<Options extends CallOptions> = CallDetails & {
  readonly path: string;
  readonly key: string;
  readonly options: Options;
};

/**
 * Keeps copies of the objects of another store in memory, those that were read or written last.
 *
 * - The remote comes first. A write or delete is done there, and the copy is dropped before and after it. A write
 *   that succeeded leaves a new copy. A read that began before a change never leaves an old copy behind it.
 * - `read` answers from a copy, whole or a range. See `validate` for when the remote is asked. If an object is not
 *   cached, a range of it is read from the remote as a range, and not cached. A `stat` always asks the remote, since
 *   it is the question whether the object is there. The remote answers `list` and `presign`.
 * - Callers that want the same object at the same time share one request to the remote. Each caller has its own
 *   signal and its own error, and each reader its own bytes.
 * - The store knows only changes that are made through it. Changes and deletes by others are seen when a copy is
 *   checked.
 *
 * Name, capability and errors are those of the remote.
 *
 * @example
 * const store = new TieredStore({
 *   remote: new S3Store({ bucket: "payloads" }),
 *   maxBytes: 256 * 1024 * 1024,
 *   observer: ({ operation }) => console.log(operation), // cache_miss, cache_hit, ...
 * });
 */
export class TieredStore extends CallLayer {
  readonly #options: ParsedTieredOptions;
  readonly #news: CacheNews;
  readonly #cache: GuardedCache;
  readonly #changes: Changes;
  readonly #allowance: Allowance;
  readonly #renewals: Renewals | undefined;
  readonly #checks = new SingleFlight<ObjectInfo | undefined>();
  readonly #loads = new SingleFlight<CachedObject | OneReaderBody>((loaded) => {
    if (loaded instanceof OneReaderBody) loaded.giveUp();
  });

  /** @throws {StorageError} `CONFIG_INVALID` that names every wrong option */
  constructor(options: TieredStoreOptions) {
    const parsed = parseTieredOptions(options);
    const { remote, maxBytes, clock, observer, slideRemoteTtl } = parsed;
    super(remote);
    const news = new CacheNews(observer, remote.name);
    this.#options = parsed;
    this.#news = news;
    this.#changes = new Changes(clock);
    this.#allowance = new Allowance(maxBytes);
    this.#renewals = slideRemoteTtl && isTouchable(this.inner) ? new Renewals(this.inner) : undefined;
    this.#cache = new GuardedCache(
      () => createLruCacheTier(maxBytes, (bytes) => news.tell("cache_eviction", { bytes })),
      () => news.tell("cache_fault", { outcome: "error", code: "UNEXPECTED" }),
    );
  }

  /** Returns the counts since this store was made, and what it holds now. */
  stats(): TieredStoreStats {
    const { objects, bytes } = this.#cache.usage();
    const counts = this.#news.counts();
    return {
      hits: counts.cache_hit,
      misses: counts.cache_miss,
      stale: counts.cache_stale,
      evictions: counts.cache_eviction,
      faults: counts.cache_fault,
      objects,
      bytes,
    };
  }

  protected override async writeChecked(
    path: string,
    source: StoreBody,
    options: WriteOptions,
    details: CallDetails,
  ): Promise<ObjectInfo> {
    const key = cacheKey(path);
    const knownAt = this.#options.clock.now();
    const captured = captureBody(source, options.size, this.#options.maxObjectSize, this.#allowance);
    const write = async (): Promise<ObjectInfo> => {
      try {
        return await this.below.writeChecked(path, captured.body, options, details);
      } finally {
        captured.release();
      }
    };
    return this.#change(key, write, (info) => {
      const bytes = captured.bytes();
      if (bytes !== undefined) this.#keep(key, { path, bytes, info: copyInfo(info), knownAt, outdated: false });
    });
  }

  protected override async readChecked(path: string, options: ReadOptions, details: CallDetails): Promise<ReadResult> {
    const call = callOf(details, path, options);
    const copy = this.#cache.get(call.key, path);
    if (copy === undefined) return this.#fetch(call);
    if (this.#isFresh(copy)) return this.#hit(copy, call);
    try {
      const info = await this.#stat(call);
      if (info === undefined) throw new StorageError("NOT_FOUND", NO_OBJECT, details);
      return isSameVersion(copy.info, info) ? this.#hit({ ...copy, info }, call) : await this.#fetch(call);
    } catch (error) {
      if (!this.#forgives(error, copy, options.signal)) throw error;
      const { code } = error as StorageError;
      this.#news.tell("cache_stale", { outcome: "error", code, during: "read", bytes: resultSize(copy, options) });
      return cachedResult(copy, options, this.name);
    }
  }

  protected override async statChecked(
    path: string,
    options: CallOptions,
    details: CallDetails,
  ): Promise<ObjectInfo | undefined> {
    const info = await this.#stat(callOf(details, path, options));
    return info && copyInfo(info);
  }

  protected override deleteChecked(path: string, options: DeleteOptions, details: CallDetails): Promise<void> {
    return this.#change(cacheKey(path), () => this.below.deleteChecked(path, options, details));
  }

  protected override async copyChecked(
    from: string,
    to: string,
    options: CallOptions,
    details: CallDetails,
  ): Promise<ObjectInfo> {
    try {
      return await this.#change(cacheKey(to), () => this.below.copyChecked(from, to, options, details));
    } catch (error) {
      if (isNotFound(error)) this.#forget(cacheKey(from));
      throw error;
    }
  }

  /** Drops all copies and closes the remote. Reads that are in flight go on. */
  override async close(): Promise<void> {
    this.#cache.close();
    this.#renewals?.close();
    await this.inner.close();
  }

  #isFresh({ outdated, knownAt }: CachedObject): boolean {
    const { validate, ttl = Infinity, clock } = this.#options;
    const age = clock.now() - knownAt;
    // A clock that was set back says nothing about age.
    return !outdated && validate !== "always" && (ttl === Infinity || (age >= 0 && age < ttl));
  }

  /** Whether a copy that should have been checked is served instead of this error. */
  #forgives(error: unknown, { knownAt }: CachedObject, signal: AbortSignal | undefined): boolean {
    const { validate, staleIfError, ttl = 0, maxStale = Infinity, clock } = this.#options;
    const passing = isStorageError(error) && ["UNAVAILABLE", "TIMEOUT", "THROTTLED"].includes(error.code);
    if (!staleIfError || !passing || signal?.aborted === true) return false;
    return clock.now() - knownAt <= maxStale + (validate === "always" ? 0 : ttl);
  }

  #hit(copy: CachedObject, { path, key, options, store }: Call<ReadOptions>): ReadResult {
    this.#news.tell("cache_hit", { during: "read", bytes: resultSize(copy, options) });
    this.#renewals?.renew(path, () => this.#forget(key));
    return cachedResult(copy, options, store);
  }

  /** Reads from the remote. */
  async #fetch(call: Call<ReadOptions>): Promise<ReadResult> {
    const { path, key, options } = call;
    const { offset, length, signal } = options;
    this.#news.tell("cache_miss", { during: "read" });
    if (offset === undefined && length === undefined) {
      const flight = this.#loads.join(key, path, (started) => this.#load(key, path, started));
      const result = await flight.wait(signal, call, (loaded) =>
        loaded instanceof OneReaderBody ? loaded.take(signal, call) : cachedResult(loaded, options, call.store),
      );
      if (result !== undefined) return result;
    }
    return this.#noticeMissing(key, this.#ask(path, options));
  }

  #ask(path: string, options: ReadOptions): Promise<ReadResult> {
    return this.below.readChecked(path, options, { operation: "read", store: this.name, path });
  }

  async #load(
    key: string,
    path: string,
    flight: Flight<CachedObject | OneReaderBody>,
  ): Promise<CachedObject | OneReaderBody> {
    const { signal } = flight;
    const { clock, maxObjectSize } = this.#options;
    const knownAt = clock.now();
    const request = this.#noticeMissing(key, this.#ask(path, { signal }));
    const result = await abortable(request, signal, undefined, (late) => late.cancel());
    const body = await loadBody(result, flight, maxObjectSize, this.#allowance);
    if (body instanceof OneReaderBody) {
      if (flight.current) this.#cache.delete(key); // a copy that this should have replaced
      return body;
    }
    const object = { path, bytes: body, info: copyInfo(result.info), knownAt, outdated: false };
    // Bits may flip on the way. A damaged copy would be served until it is evicted.
    const named = contentAddressedDigest(path);
    const isDamaged = named !== undefined && sha256Digest(body) !== named;
    if (flight.current && !isDamaged) this.#keep(key, object);
    return object;
  }

  /** Asks the remote what is there now. The copy, if there is one, is updated. */
  #stat({ path, key, options, ...details }: Call<CallOptions>): Promise<ObjectInfo | undefined> {
    const flight = this.#checks.join(key, path, async (started) => {
      const { signal } = started;
      const knownAt = this.#options.clock.now();
      const info = await abortable(
        this.below.statChecked(path, { signal }, { operation: "stat", store: this.name, path }),
        signal,
      );
      if (started.current) this.#learn(key, path, info, knownAt);
      return info;
    });
    return flight.wait(options.signal, { ...details, path }, (info) => info);
  }

  #learn(key: string, path: string, info: ObjectInfo | undefined, knownAt: number): void {
    const copy = this.#cache.get(key, path);
    if (info === undefined) this.#forget(key);
    else if (copy === undefined) return;
    else if (!isSameVersion(copy.info, info)) this.#keep(key, { ...copy, outdated: true });
    else this.#keep(key, { ...copy, info: copyInfo(info), knownAt: Math.max(knownAt, copy.knownAt), outdated: false });
  }

  /** Changes an object of the remote. `done` gets the outcome, once no old copy can come back. */
  async #change<T>(key: string, run: () => Promise<T>, done?: (outcome: T) => void): Promise<T> {
    this.#forget(key);
    const change = this.#changes.begin(key);
    try {
      const outcome = await run();
      this.#changes.end(key, change);
      this.#forget(key);
      if (change.alone) done?.(outcome);
      return outcome;
    } catch (error) {
      this.#changes.end(key, change, error);
      this.#forget(key);
      throw error;
    }
  }

  /** Drops the copy of an object. No read that has begun can put it back. */
  #forget(key: string): void {
    this.#cache.delete(key);
    this.#loads.outdate(key);
    this.#checks.outdate(key);
  }

  #keep(key: string, object: CachedObject): void {
    // With another size, the bytes that were read are not what the remote says it holds. Nobody knows why.
    if (this.#changes.settled(key) && object.bytes.byteLength === object.info.size) this.#cache.set(key, object);
  }

  async #noticeMissing<T>(key: string, request: Promise<T>): Promise<T> {
    try {
      return await request;
    } catch (error) {
      if (isNotFound(error)) this.#forget(key);
      throw error;
    }
  }

  static {
    declareOwnStore(this);
  }
}

function callOf<Options extends CallOptions>(details: CallDetails, path: string, options: Options): Call<Options> {
  return { ...details, path, key: cacheKey(path), options };
}
