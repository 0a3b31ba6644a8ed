import { settledExtra, settledExtraInSteps, type LooseValues } from "./loose-sizes.js";
import type { PayloadPath } from "./payload-path.js";
import type { PayloadSource } from "./source.js";

/** The form in which a value that leaves is stored. */
export type EntryKind = "json" | "raw" | "binary";

/** What to store: a JSON value, a string, or a source of bytes. */
export type EntryContent = { value: unknown } | { text: string } | { source: PayloadSource };

/** What is known of an entry when it is planned. */
type EntryFacts = Pick<
  PlannedEntry,
  "path" | "kind" | "contentType" | "content" | "leastStoredSize" | "loose" | "holdsBinary"
> & { readonly leastSize: number };

/** One value that leaves the payload. */
export class PlannedEntry {
  /** The path where the value stood in the payload. */
  readonly path: PayloadPath;
  readonly kind: EntryKind;
  /** Media type for the reference. */
  readonly contentType: string;
  readonly content: EntryContent;
  /** The object that replaces the value in the payload. The fields of the reference are added once they are known. */
  readonly slot: Record<string, unknown> = {};
  /** The least that {@link PlannedEntry.storedSize} can be, known without effort. */
  readonly leastStoredSize: number;
  /** Values in the content that were counted with the least bytes that they can have. */
  readonly loose: LooseValues;
  /** Whether references to binary lie in the content. Only their greatest length is known before they are made. */
  readonly holdsBinary: boolean;
  /** The least that {@link PlannedEntry.size} can be. */
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
    this.holdsBinary = facts.holdsBinary;
    if (facts.loose.slack === 0) this.extra = 0;
  }

  /**
   * Bytes of the value's JSON as it stood in the payload. For binary, its own bytes. For a stream 0, because its
   * length is not known before it is read.
   */
  get size(): number {
    return this.leastSize + this.exactExtra();
  }

  /** Bytes that will be stored for the value, without envelope. An upper bound if a stream is in it. */
  get storedSize(): number {
    return this.leastStoredSize + this.exactExtra();
  }

  /** The most that {@link PlannedEntry.storedSize} can be, known without effort. */
  get mostStoredSize(): number {
    return this.leastStoredSize + (this.extra ?? this.loose.slack);
  }

  /** Sets {@link PlannedEntry.storedSize} from the encoded value, which saves the effort of finding it. */
  settle(storedSize: number): void {
    this.extra ??= storedSize - this.leastStoredSize;
  }

  /** Finds the stored size in steps. Returns how far it is above {@link PlannedEntry.leastStoredSize}. */
  *settleInSteps(): Generator<undefined, number, undefined> {
    return (this.extra ??= yield* settledExtraInSteps(this.loose));
  }

  private exactExtra(): number {
    return (this.extra ??= settledExtra(this.loose));
  }
}
