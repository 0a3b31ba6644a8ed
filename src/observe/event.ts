import type { StorageErrorCode } from "../errors/error.js";

/**
 * What a manager does: the calls of its users, and the store operations that they lead to. `copy` gives a long stream
 * the name of its content; a `write` and a `delete` of its temporary object are told of too. A `read` that several
 * hydrations share is told of once, attributed to the one that began it.
 */
export type ObservedOperation = (typeof OBSERVED_OPERATIONS)[number];

/** All operations, for those who must not label by anything else. */
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
 * What a composition of stores tells of, besides: something that its caller does not see. `cache_hit` and `cache_miss`
 * also come from a manager with a `readCache`, for the entries of one level of references.
 */
export type CompositionEvent =
  /** A tiered store: answered by the cache; not; by a copy that could not be checked; a copy made room; the cache failed. */
  | "cache_hit"
  | "cache_miss"
  | "cache_stale"
  | "cache_eviction"
  | "cache_fault"
  /** A failover or replicated store: a copy failed, or was not asked; where copies are was not known; a copy was mended. */
  | "replica_failure"
  | "replica_skip"
  | "degraded_read"
  | "replica_repair"
  /** A migrating store that drains: the old store had to answer a read. */
  | "migration_miss"
  /** Layers: an attempt failed and another follows; a circuit breaker changed its state. */
  | "retry"
  | "circuit_open"
  | "circuit_half_open"
  | "circuit_close"
  /** Usage limits: a call was refused, not tried; the counter failed. */
  | "usage_limit"
  | "usage_counter_fault"
  /** A feature gate: an option that the store can't honour was dropped. */
  | "option_dropped";

/** What became of an object that a `collect` looked at: deleted, not deleted though it was to be, or kept for a reason. */
export type CollectResult = (typeof COLLECT_RESULTS)[number];

/** All that can become of one. */
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
 * One operation that has ended. Holds no payload data, keys or credentials, and no paths: every string in it but
 * `stepRunId` and `scope` can be a metric label.
 */
export interface StorageEvent {
  operation: ObservedOperation | CompositionEvent;
  /** Name of the store; absent when storage is disabled. */
  store?: string;
  outcome: "success" | "error";
  /** Code of the error, when the outcome is one. */
  code?: StorageErrorCode;
  /**
   * Bytes moved by a store operation; of a `dehydrate`, bytes of the payload's JSON before; of a `hydrate`, decoded
   * bytes that were put in place; of a `collect`, bytes of the objects that it deleted; of a `copy`, 0.
   */
  bytes: number;
  /** Of a `dehydrate`: bytes of the payload's JSON after. */
  inlineBytes?: number;
  /** Of a `dehydrate`: references in the payload that were escaped, since `references` is `"escape"`; absent for none. */
  escaped?: number;
  /** Milliseconds. */
  durationMs: number;
  /**
   * Of a `dehydrate`: values that left. Of a `hydrate`: references resolved. Of a `cache_hit` or `cache_miss` of a manager:
   * entries that the cache had, or had not.
   */
  entries?: number;
  /**
   * Store objects that the call wrote, read or deleted. Of a `hydrate`: objects that it read, each once, however many of
   * its entries were wanted; none for what the `readCache` had.
   */
  objects?: number;
  /** Of a `collect`: how many objects had each result; of a dry run, would have. What is missing is 0. */
  results?: Readonly<Partial<Record<CollectResult, number>>>;
  /** Of a `collect`: nothing was deleted, since that was not asked for. */
  dryRun?: boolean;
  /** Of a `collect`: it did nothing, since another pass had run within the interval. */
  skipped?: boolean;
  /** Of a {@link CompositionEvent}: the store operation that it happened in. */
  during?: string;
  /** Of a {@link CompositionEvent}: the user's name of the copy. */
  replica?: string;
  /** Of an `option_dropped`: the option. */
  option?: string;
  /** Of a `retry`: the attempt that failed, from 1. */
  attempt?: number;
  /** The step run that the call is attributed to. */
  stepRunId?: string;
  /** The scope of a `dehydrate`, `adopt`, `done` or `release`, and of the objects that a call writes or takes back. */
  scope?: string;
}
