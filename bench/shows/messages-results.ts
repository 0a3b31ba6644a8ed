import type { Machine } from "../report/results.js";

export const SDK_ALONE = "the SDK alone";

/** Messages of one size, by one contender: the median of the rounds. */
export interface MessagesRow {
  readonly bytes: number;
  readonly contender: string;
  /** Microseconds of CPU. */
  readonly out: number;
  readonly back: number;
}

/** What one run found out. */
export interface MessagesResults {
  readonly machine: Machine;
  /** When it was measured: ISO 8601. */
  readonly date: string;
  readonly rounds: number;
  readonly tls: boolean;
  readonly rows: readonly MessagesRow[];
}
