/** What is limited: calls, bytes read, bytes written. */
export type UsageKind = "requests" | "egressBytes" | "ingressBytes";

/**
 * Keeps how much was used in a month. Processes that share a limit share a counter; see docs/stores/layers.md for one in
 * Redis.
 */
export interface UsageCounter {
  /**
   * Adds `amount` if the total is not over `limit` then, and says whether it did. Two calls at a time must never add
   * more than the limit together.
   *
   * @param month in UTC, such as `"2026-11"`
   */
  reserve(month: string, kind: UsageKind, amount: number, limit: number): Promise<boolean>;
  /** Adds `amount`, whatever the total. Below 0 it gives back what was reserved and not used. */
  add(month: string, kind: UsageKind, amount: number): Promise<void>;
}

/** Counts in the memory of this process. Stores that share one share their limits. */
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

  /** What was used in a month: calls, or bytes. */
  total(month: string, kind: UsageKind): number {
    return this.#totals.get(keyOf(month, kind)) ?? 0;
  }
}

/** The month of a time in milliseconds since 1970, in UTC: `"2026-11"`. */
export function monthOf(time: number): string {
  return new Date(time).toISOString().slice(0, "2026-11".length);
}

function keyOf(month: string, kind: UsageKind): string {
  return `${month} ${kind}`;
}
