import type { PayloadSource } from "./source.js";

/** What becomes of a value that leaves. */
export type EntryKind = "json" | "raw" | "binary";

/** The place of a value in a payload, from the root. */
export type PayloadPath = (string | number)[];

/** One value that leaves the payload. */
export interface PlannedEntry {
  /** Where the value stood in the payload. */
  readonly path: PayloadPath;
  readonly kind: EntryKind;
  /**
   * Bytes of the value's JSON as it stood in the payload; for binary, its own bytes, and 0 for a stream, whose length
   * is not known before it is read.
   */
  readonly size: number;
  /** Bytes of what will be stored for it, without envelope; an upper bound for a stream. */
  readonly storedSize: number;
  /** Media type for the reference. */
  readonly contentType: string;
  /** What to store: a JSON value, a string, or a source of bytes. */
  readonly content: { value: unknown } | { text: string } | { source: PayloadSource };
  /** The object that stands in the payload instead; the reference's fields are put into it once they are known. */
  readonly slot: Record<string, unknown>;
}

/** What the walk decided. */
export interface PayloadPlan {
  /** The payload without what leaves; `undefined` when `JSON.stringify` would give `undefined`. */
  readonly value: unknown;
  /** In the order in which they can be made: what is referenced from inside another entry comes before it. */
  readonly entries: PlannedEntry[];
  /** Bytes of the payload's JSON before; binary counts with its own bytes. */
  readonly size: number;
  /** Bytes of the payload's JSON after; an upper bound when a stream leaves. */
  readonly inlineSize: number;
}
