import { numberSize, stringSize } from "../plan/json-size.js";
import type { Collection, Place } from "../reference/collect.js";
import { PartWalk } from "../reference/part-walk.js";
import type { HydrationBudget } from "./budget.js";
import type { DecodedEntry } from "./decode-entry.js";
import type { EntryNode, FoundReference, ReferenceKind } from "./entry-node.js";

/** Work that is done in steps. */
export interface Stepwise {
  /** Takes one step. @returns whether all is done */
  step(): boolean;
}

/** Begins in the first step, because listing the keys of a wide object takes half as long as parsing it. */
export class Beginning<Kind> implements Stepwise {
  private isBegun = false;

  constructor(
    private readonly collection: Collection<Kind>,
    private readonly value: unknown,
    private readonly place: Place,
  ) {}

  step(): boolean {
    if (this.isBegun) return this.collection.step();
    this.isBegun = true;
    this.collection.add(this.value, this.place);
    return this.collection.isDone;
  }
}

/** The part of an entry that a reference selects, taken in steps. Only values on the way to the part are looked at. */
export class EntryPart implements Stepwise {
  private readonly walk: PartWalk<ReferenceKind>;
  private spent = 0;

  /**
   * Begins to take the part.
   *
   * @param isShared whether other references take parts of the entry too. Then the part is copied, and the copy
   *   counts as bytes.
   * @throws {StorageError} `INVALID_REFERENCE` where there is no such part
   */
  constructor(
    { reference, stage, holder }: EntryNode,
    decoded: DecodedEntry,
    private readonly isShared: boolean,
    private readonly budget: HydrationBudget,
    recognise: (value: Readonly<Record<string, unknown>>) => ReferenceKind | undefined,
  ) {
    const hasReserved = "object" in decoded && decoded.hasReserved;
    this.walk = new PartWalk<ReferenceKind>({
      unescape: hasReserved && reference.dialect === "native",
      recognise: hasReserved ? recognise : () => undefined,
      owned: !isShared,
      sizeOf: isShared ? scalarSize : undefined,
    });
    this.walk.add("object" in decoded ? decoded.object.data : decoded.binary, stage, holder);
  }

  /** References in the part and on the way to it. The list is complete once the part is taken. */
  get found(): readonly FoundReference[] {
    return this.walk.found;
  }

  /** Takes one step. @returns whether it was the last. @throws {StorageError} `BUDGET_EXCEEDED`, `INVALID_REFERENCE` */
  step(): boolean {
    const isDone = this.walk.step();
    if (this.isShared) {
      this.budget.spend(this.walk.copiedSize - this.spent);
      this.spent = this.walk.copiedSize;
    }
    return isDone;
  }
}

/** Returns the bytes of JSON of a scalar that was read from JSON. */
function scalarSize(value: unknown): number {
  if (typeof value === "string") return stringSize(value);
  if (typeof value === "number") return numberSize(value);
  return value === false ? 5 : 4;
}
