/** One metric, the same in every exporter. */
export interface Metric {
  readonly kind: "counter" | "histogram" | "gauge";
  readonly help: string;
  /** The unit as OpenTelemetry writes it (UCUM). */
  readonly unit: "s" | "By" | "{operation}" | "{request}" | "{retry}" | "{object}";
  readonly labels: readonly LabelName[];
}

export type LabelName = "operation" | "store" | "outcome" | "code" | "result";

/**
 * The metrics by name. No label is a path, a scope or a run. So each label has few values, however long a process
 * lives.
 */
export const METRICS = {
  storage_operations_total: {
    kind: "counter",
    help: "Operations that have ended, calls of a manager and the store operations in them.",
    unit: "{operation}",
    labels: ["operation", "store", "outcome", "code"],
  },
  storage_operation_duration_seconds: {
    kind: "histogram",
    help: "How long operations took.",
    unit: "s",
    labels: ["operation", "store", "outcome"],
  },
  storage_bytes_transferred: {
    kind: "counter",
    help: "Bytes that were written to stores and read from them.",
    unit: "By",
    labels: ["operation", "store"],
  },
  storage_dehydration_size_bytes: {
    kind: "histogram",
    help: "JSON of payloads before they were dehydrated.",
    unit: "By",
    labels: ["store"],
  },
  storage_hydration_size_bytes: {
    kind: "histogram",
    help: "Decoded bytes that hydrations put in place.",
    unit: "By",
    labels: ["store"],
  },
  storage_cache_requests_total: {
    kind: "counter",
    help: "Reads that a cache answered (hit), did not (miss), or answered by a copy it could not check (stale).",
    unit: "{request}",
    labels: ["result"],
  },
  storage_retries_total: {
    kind: "counter",
    help: "Attempts of store operations that failed and were followed by another.",
    unit: "{retry}",
    labels: ["operation", "store", "code"],
  },
  storage_gc_objects_total: {
    kind: "counter",
    help: "Objects that collections deleted, could not delete, or kept for a reason.",
    unit: "{object}",
    labels: ["result"],
  },
  storage_gc_deleted_bytes_total: {
    kind: "counter",
    help: "Bytes of the objects that collections deleted.",
    unit: "By",
    labels: [],
  },
  storage_gc_last_success_timestamp_seconds: {
    kind: "gauge",
    help: "When a collection last ended well, as Unix time.",
    unit: "s",
    labels: [],
  },
} as const satisfies Record<string, Metric>;

export type MetricName = keyof typeof METRICS;

/** Upper bounds of the buckets of histograms, each in the unit of its metric. */
export interface Buckets {
  /** Seconds: from 1 ms to 5 min. */
  readonly duration: readonly number[];
  /** Bytes: from 256 B to 256 MiB. */
  readonly size: readonly number[];
}

export const DEFAULT_BUCKETS: Buckets = {
  duration: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300],
  size: Array.from({ length: 11 }, (_, index) => 256 * 4 ** index),
};
