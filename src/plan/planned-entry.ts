import { settledExtra, settledExtraInSteps, type LooseValues } from "./loose-sizes.js";
import type { PayloadPath } from "./payload-path.js";
import type { PayloadSource } from "./source.js";

/** What becomes of a value that leaves. */
export type EntryKind = "json" | "raw" | "binary";

/** What to store: a JSON value, a string, or a source of bytes. */
export type EntryContent = { value: unknown } | { text: string } | { source: PayloadSource };

export interface EntryFacts {
  readonly path: PayloadPath;
  readonly kind: EntryKind;
  readonly contentType: string;
  readonly content: EntryContent;
  /** As {@link PlannedEntry.size} and {@link PlannedEntry.storedSize}, but for what the loose values have besides. */
  readonly leastSize: number;
  readonly leastStoredSize: number;
  /** Values in the content that were counted with the least bytes that they can have. */
  readonly loose: LooseValues;
}

/** One value that leaves the payload. */
export class PlannedEntry {
  /** Where the value stood in the payload. */
  readonly path: PayloadPath;
  readonly kind: EntryKind;
  /** Media type for the reference. */
  readonly contentType: string;
  readonly content: EntryContent;
  /** The object that stands in the payload instead; the reference's fields are put into it once they are known. */
  readonly slot: Record<string, unknown> = {};
  /** Bytes that {@link PlannedEntry.storedSize} is at least, known without effort. */
  readonly leastStoredSize: number;
  readonly loose: LooseValues;
  private readonly leastSize: number;
  private extra: number | undefined;

  constructor(facts: EntryFacts) {
    this.path = facts.path;
    this.kind = facts.kind;
    this.contentType = facts.contentType;
    this.content = facts.content;
    this.leastStoredSize = facts.leastStoredSize;
    this.leastSize = facts.leastSize;
    this.loose = facts.loose;
    if (facts.loose.slack === 0) this.extra = 0;
  }

  /**
   * Bytes of the value's JSON as it stood in the payload; for binary, its own bytes, and 0 for a stream, whose length
   * is not known before it is read.
   */
  get size(): number {
    return this.leastSize + this.exactExtra();
  }

  /** Bytes of what will be stored for it, without envelope; an upper bound where a stream is in it. */
  get storedSize(): number {
    return this.leastStoredSize + this.exactExtra();
  }

  /** Bytes that {@link PlannedEntry.storedSize} is at most, known without effort. */
  get mostStoredSize(): number {
    return this.leastStoredSize + (this.extra ?? this.loose.slack);
  }

  /** Spares the effort of finding {@link PlannedEntry.storedSize}, which the encoded value has shown. */
  settle(storedSize: number): void {
    this.extra ??= storedSize - this.leastStoredSize;
  }

  /** The same, in steps, by finding it. Gives how far it is above {@link PlannedEntry.leastStoredSize}. */
  *settleInSteps(): Generator<undefined, number, undefined> {
    return (this.extra ??= yield* settledExtraInSteps(this.loose.values));
  }

  private exactExtra(): number {
    return (this.extra ??= settledExtra(this.loose.values));
  }
}
