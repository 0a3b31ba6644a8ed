import type { PlannedEntry } from "./planned-entry.js";

/** The decisions of the walk. */
export interface PayloadPlan {
  /** The payload without what leaves. `undefined` when `JSON.stringify` would give `undefined`. */
  readonly value: unknown;
  /** The entries in the order in which they can be made. An entry comes before other entries that refer to it. */
  readonly entries: PlannedEntry[];
  /** Bytes of the payload's JSON before. Binary counts with its own bytes. The first access takes effort. */
  readonly size: number;
  /** Bytes of the payload's JSON after. It is an upper bound where references may come out shorter. */
  readonly inlineSize: number;
}
