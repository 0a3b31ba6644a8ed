import type { PlannedEntry } from "./planned-entry.js";

/** What the walk decided. */
export interface PayloadPlan {
  /** The payload without what leaves; `undefined` when `JSON.stringify` would give `undefined`. */
  readonly value: unknown;
  /** In the order in which they can be made: what is referenced from inside another entry comes before it. */
  readonly entries: PlannedEntry[];
  /** Bytes of the payload's JSON before; binary counts with its own bytes. Takes effort when it is first asked for. */
  readonly size: number;
  /** Bytes of the payload's JSON after; at most that many where the references to what leaves may come out shorter. */
  readonly inlineSize: number;
}
