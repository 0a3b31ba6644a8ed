import type { DehydrateSettings } from "../configure/call-schemas.js";
import { StorageError } from "../errors/error.js";
import { mostLines, storedObjectSize } from "../object/stored-object.js";
import { schemaTagOf, type Layout, type LayoutOptions } from "../plan/layouts/layout.js";
import type { PlannedEntry } from "../plan/planned-entry.js";
import { sourceSize } from "../plan/source.js";
import type { PassedReferences } from "./passed-references.js";

type Budgets = Pick<DehydrateSettings, "maxReferences" | "maxBytes">;

/** The layout of the call. It is computed on first use. */
interface PlannedLayout {
  readonly layout: Layout;
  readonly layoutOptions: LayoutOptions;
}

const ENVELOPE = { json: storedObjectSize("json", 0, {}), raw: storedObjectSize("raw", 0, {}) };

/**
 * Computes what hydrating the result will take of the budgets of its own manager. Every entry counts once for each
 * place in the payload, even if the same content is stored only once. It refuses what hydration would refuse.
 */
export class ResultBudget {
  /**
   * @param settled bytes that are known exactly
   * @param known the least decoded bytes
   * @param slack bytes that JSON may have besides. The length of references to binary in it, and the places of line
   *   ends, are not known before it is written.
   */
  private constructor(
    private readonly limits: Budgets,
    private readonly streams: number,
    private settled: number,
    private known: number,
    private readonly slack: number,
  ) {}

  /**
   * Makes the budget of a result, in steps.
   *
   * @throws {StorageError} `BUDGET_EXCEEDED` for a result that is over a budget, whatever its streams hold
   */
  static *of(
    entries: readonly PlannedEntry[],
    passed: Pick<PassedReferences, "references" | "bytes">,
    limits: Budgets,
    planned: PlannedLayout,
  ): Generator<undefined, ResultBudget, undefined> {
    const references = entries.length + passed.references;
    if (references > limits.maxReferences) throw tooManyReferences(references, limits.maxReferences);
    let text = 0;
    let most = 0;
    let lines = 0;
    let binary = passed.bytes;
    let streams = 0;
    for (const entry of entries) {
      const { content, kind, leastStoredSize, mostStoredSize } = entry;
      if (kind === "binary") {
        const size = "source" in content ? sourceSize(content.source) : undefined;
        if (size === undefined) streams++;
        else binary += size;
      } else {
        const isTagged = entry.path.length === 0;
        const envelope = isTagged
          ? storedObjectSize(kind, 0, schemaTagOf(entry, planned.layoutOptions))
          : ENVELOPE[kind];
        text += envelope + leastStoredSize;
        most += envelope + mostStoredSize;
        lines += mostLines(mostStoredSize);
      }
    }
    let known = binary + text;
    let slack = 0;
    // Exact sizes take effort, so they are found only where they matter.
    if (streams > 0 || binary + most + lines > limits.maxBytes) {
      let exact = 0;
      for (const entry of entries) if (entry.kind !== "binary") exact += yield* entry.settleInSteps();
      const inner = text > 0 ? entries.reduce((sum, entry) => sum + referenceSize(entry, planned), 0) : 0;
      known = Math.max(binary, known + exact - inner);
      slack = inner + lines;
    }
    const budget = new ResultBudget(limits, streams, binary, known, slack);
    budget.assertKnown();
    return budget;
  }

  /** Whether there are streams whose length decides. */
  get isOpen(): boolean {
    return this.streams > 0;
  }

  /** Whether only the encoded entries show if hydration could read them. */
  get isTight(): boolean {
    return this.known + this.slack > this.limits.maxBytes;
  }

  /** Counts bytes that came from a stream, at all its places. @throws {StorageError} `BUDGET_EXCEEDED` */
  takeStreamed(bytes: number): void {
    this.known += bytes;
    this.settled += bytes;
    this.assertKnown();
  }

  /** Counts the exact size of a StoredObject. @throws {StorageError} `BUDGET_EXCEEDED` */
  takeEncoded(bytes: number): void {
    this.settled += bytes;
    if (this.settled > this.limits.maxBytes) throw tooManyBytes(this.limits.maxBytes);
  }

  private assertKnown(): void {
    if (this.known > this.limits.maxBytes) throw tooManyBytes(this.limits.maxBytes);
  }
}

function referenceSize(entry: PlannedEntry, planned: PlannedLayout): number {
  return entry.kind === "binary" ? planned.layout.referenceSize(entry) : 0;
}

function tooManyReferences(references: number, maxReferences: number): StorageError {
  return new StorageError(
    "BUDGET_EXCEEDED",
    `The dehydrated payload would hold ${references} references, and this manager's hydrate follows ${maxReferences} ` +
      "(maxReferences). Raise maxReferences on both sides, or maxInlineSize, or put many small bytes into one.",
    { operation: "dehydrate" },
  );
}

function tooManyBytes(maxBytes: number): StorageError {
  return new StorageError(
    "BUDGET_EXCEEDED",
    `The payload has more decoded bytes than the ${maxBytes} that this manager's hydrate puts in place (maxBytes). Raise ` +
      "maxBytes on both sides, or store what is large with writeBlob.",
    { operation: "dehydrate" },
  );
}
