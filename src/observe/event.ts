import type { StorageErrorCode } from "../errors/error.js";

/**
 * The operations of a manager: the calls of its users, and the store operations that they lead to. `copy` gives a long
 * stream the name of its content. A `write` and a `delete` of its temporary object are reported too. A `read` that
 * several hydrations share is reported once, for the hydration that began it.
 */
export type ObservedOperation = (typeof OBSERVED_OPERATIONS)[number];

/** All operations, for code that must not use other labels. */
export const OBSERVED_OPERATIONS = [
  "dehydrate",
  "hydrate",
  "open",
  "release",
  "adopt",
  "done",
  "collect",
  "resolve",
  "verify",
  "reencrypt",
  "write",
  "copy",
  "read",
  "list",
  "delete",
  "presign",
  "check",
] as const;

/**
 * Additional events from inside a composition of stores, which its caller does not see. A manager with a `readCache`
 * also sends `cache_hit` and `cache_miss`, for the entries of one level of references.
 */
export type CompositionEvent =
  /**
   * A tiered store: a cache hit, a cache miss, a copy that could not be checked, a copy that made room, a failure of
   * the cache.
   */
  | "cache_hit"
  | "cache_miss"
  | "cache_stale"
  | "cache_eviction"
  | "cache_fault"
  /**
   * A failover or replicated store: a copy failed, a copy was not asked, the places of copies were not known, a copy
   * was repaired.
   */
  | "replica_failure"
  | "replica_skip"
  | "degraded_read"
  | "replica_repair"
  /** A draining migrating store: the old store had to answer a read. */
  | "migration_miss"
  /** Layers: an attempt failed and another one follows, or a circuit breaker changed its state. */
  | "retry"
  | "circuit_open"
  | "circuit_half_open"
  | "circuit_close"
  /** Usage limits: a call was refused and not tried, or the counter failed. */
  | "usage_limit"
  | "usage_counter_fault"
  /** A feature gate: an option that the store does not support was dropped. */
  | "option_dropped";

/**
 * The outcome for an object that a `collect` looked at: deleted, not deleted because of a failure, or kept for a
 * reason.
 */
export type CollectResult = (typeof COLLECT_RESULTS)[number];

/** All outcomes. */
export const COLLECT_RESULTS = [
  "deleted",
  "failed",
  "unexpired",
  "live",
  "young",
  "unlabelled",
  "unknown",
  "locked",
] as const;

/**
 * One operation that has ended. It holds no payload data, keys, credentials or paths. Every string in it, except
 * `stepRunId` and `scope`, can be a metric label.
 */
export interface StorageEvent {
  operation: ObservedOperation | CompositionEvent;
  /** Name of the store; absent when storage is disabled. */
  store?: string;
  outcome: "success" | "error";
  /** Code of the error, when the outcome is `error`. */
  code?: StorageErrorCode;
  /**
   * Bytes moved by a store operation. Other operations:
   * - `dehydrate`: bytes of the payload's JSON before
   * - `hydrate`: decoded bytes that were put in place
   * - `collect`: bytes of the objects that it deleted
   * - `copy`: 0
   */
  bytes: number;
  /** For a `dehydrate`: bytes of the payload's JSON after. */
  inlineBytes?: number;
  /**
   * For a `dehydrate`: number of references in the payload that were escaped, because `references` is `"escape"`;
   * absent if there were none.
   */
  escaped?: number;
  /** Milliseconds. */
  durationMs: number;
  /**
   * For a `dehydrate`: number of values that left the payload. For a `hydrate`: number of resolved references. For a
   * `cache_hit` or `cache_miss` of a manager: number of entries that the cache had, or did not have.
   */
  entries?: number;
  /**
   * Number of store objects that the call wrote, read or deleted. For a `hydrate`, each object that it read counts
   * once, however many of its entries were wanted. Entries from the `readCache` do not count.
   */
  objects?: number;
  /**
   * For a `collect`: number of objects with each result. In a dry run, the number that would have it. A missing result
   * is 0.
   */
  results?: Readonly<Partial<Record<CollectResult, number>>>;
  /** For a `collect`: nothing was deleted, because it was a dry run. */
  dryRun?: boolean;
  /** For a `collect`: it did nothing, because another pass had run within the interval. */
  skipped?: boolean;
  /** For a {@link CompositionEvent}: the store operation in which it happened. */
  during?: string;
  /** For a {@link CompositionEvent}: the user's name of the copy. */
  replica?: string;
  /** For an `option_dropped`: the option. */
  option?: string;
  /** For a `retry`: the attempt that failed, counted from 1. */
  attempt?: number;
  /** The step run that the call is attributed to. */
  stepRunId?: string;
  /** The scope of a `dehydrate`, `adopt`, `done` or `release`, and of the objects that a call writes or takes back. */
  scope?: string;
}
