import { STORAGE_ERROR_CODES } from "../../errors/error.js";
import { COLLECT_RESULTS, OBSERVED_OPERATIONS, type StorageEvent } from "../event.js";
import type { LabelName, MetricName } from "./metrics.js";

/** A value for one metric. */
export interface Measure {
  readonly metric: MetricName;
  readonly value: number;
  readonly labels: Readonly<Partial<Record<LabelName, string>>>;
}

const OPERATIONS: ReadonlySet<string> = new Set(OBSERVED_OPERATIONS);
const CODES: ReadonlySet<string> = new Set(STORAGE_ERROR_CODES);
const TRANSFERS: ReadonlySet<string> = new Set(["write", "read", "open"]);
const SIZES: Readonly<Record<string, MetricName>> = {
  dehydrate: "storage_dehydration_size_bytes",
  hydrate: "storage_hydration_size_bytes",
};
const CACHE_RESULTS: Readonly<Record<string, string>> = { cache_hit: "hit", cache_miss: "miss", cache_stale: "stale" };

// Users' own stores choose their names and the names of their events. They may make up new names without end.
const MAX_NAMES = 64;

/**
 * Turns events into metric values. Each exporter has its own instance. It remembers the names that it has seen, and
 * accepts at most 64.
 */
export class Measures {
  readonly #names = new Set<string>();

  constructor(private readonly now: () => number = () => Date.now()) {}

  /** Returns the metric values of an event. Values that no metric accepts, such as `NaN`, are left out. */
  of(event: StorageEvent): Measure[] {
    return [...this.#measures(event)].filter(({ value }) => Number.isFinite(value) && value >= 0);
  }

  *#measures(event: StorageEvent): Generator<Measure, void, undefined> {
    const { operation } = event;
    if (OPERATIONS.has(operation)) yield* this.#operation(event);
    const result = CACHE_RESULTS[operation];
    if (result !== undefined) {
      yield { metric: "storage_cache_requests_total", value: event.entries ?? 1, labels: { result } };
    }
    if (operation === "retry") {
      const labels = { operation: this.#name(event.during), ...this.#store(event), ...code(event) };
      yield { metric: "storage_retries_total", value: 1, labels };
    }
    if (operation === "collect") yield* this.#collection(event);
  }

  *#operation(event: StorageEvent): Generator<Measure, void, undefined> {
    const { operation, bytes, durationMs } = event;
    const outcome = event.outcome === "success" ? "success" : "error";
    const store = this.#store(event);
    const labels = { operation, ...store, outcome };
    yield { metric: "storage_operations_total", value: 1, labels: { ...labels, ...code(event) } };
    yield { metric: "storage_operation_duration_seconds", value: durationMs / 1000, labels };
    if (outcome === "error") return;
    if (TRANSFERS.has(operation)) {
      yield { metric: "storage_bytes_transferred", value: bytes, labels: { operation, ...store } };
    }
    const size = SIZES[operation];
    if (size !== undefined) yield { metric: size, value: bytes, labels: store };
  }

  *#collection({ outcome, results, bytes, dryRun, skipped }: StorageEvent): Generator<Measure, void, undefined> {
    if (dryRun === true || skipped === true) return;
    for (const result of COLLECT_RESULTS) {
      const value = results?.[result] ?? 0;
      if (value > 0) yield { metric: "storage_gc_objects_total", value, labels: { result } };
    }
    // A pass that was ended early has still deleted objects.
    yield { metric: "storage_gc_deleted_bytes_total", value: bytes, labels: {} };
    if (outcome !== "success") return;
    yield { metric: "storage_gc_last_success_timestamp_seconds", value: this.now() / 1000, labels: {} };
  }

  #store({ store }: StorageEvent): { store?: string } {
    return store === undefined ? {} : { store: this.#name(store) };
  }

  #name(name: string | undefined): string {
    if (name === undefined) return "none";
    if (this.#names.has(name)) return name;
    if (this.#names.size >= MAX_NAMES) return "other";
    this.#names.add(name);
    return name;
  }
}

function code(event: StorageEvent): { code?: string } {
  const given: string = event.code ?? "";
  return event.outcome === "success" ? {} : { code: CODES.has(given) ? given : "UNEXPECTED" };
}
