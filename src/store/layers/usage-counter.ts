/** The quantity that is limited: calls, bytes read, or bytes written. */
export type UsageKind = "requests" | "egressBytes" | "ingressBytes";

/**
 * Keeps how much was used in a month. Processes that share a limit share a counter. See docs/stores/layers.md for a
 * counter in Redis.
 */
export interface UsageCounter {
  /**
   * Adds `amount` unless that would raise the total over `limit`, and returns whether it did. Two calls at a time
   * must never add more than the limit together.
   *
   * @param month in UTC, such as `"2026-11"`
   */
  reserve(month: string, kind: UsageKind, amount: number, limit: number): Promise<boolean>;
  /** Adds `amount`, whatever the total. An amount below 0 gives back what was reserved and not used. */
  add(month: string, kind: UsageKind, amount: number): Promise<void>;
}

/** Counts in the memory of this process. Stores that share a counter share their limits. */
export class MemoryUsageCounter implements UsageCounter {
  readonly #totals = new Map<string, number>();

  reserve(month: string, kind: UsageKind, amount: number, limit: number): Promise<boolean> {
    const fits = this.total(month, kind) + amount <= limit;
    if (fits) this.#totals.set(keyOf(month, kind), this.total(month, kind) + amount);
    return Promise.resolve(fits);
  }

  add(month: string, kind: UsageKind, amount: number): Promise<void> {
    this.#totals.set(keyOf(month, kind), this.total(month, kind) + amount);
    return Promise.resolve();
  }

  /** Returns what was used in a month: calls, or bytes. */
  total(month: string, kind: UsageKind): number {
    return this.#totals.get(keyOf(month, kind)) ?? 0;
  }
}

/** Returns the month of a time in milliseconds since 1970, in UTC: `"2026-11"`. */
export function monthOf(time: number): string {
  return new Date(time).toISOString().slice(0, "2026-11".length);
}

function keyOf(month: string, kind: UsageKind): string {
  return `${month} ${kind}`;
}
