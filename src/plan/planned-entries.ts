import type { LooseValues } from "./loose-sizes.js";
import { PlannedEntry, type EntryFacts } from "./planned-entry.js";

/** The values that leave the payload, as far as a walk came. They stand in the order in which they can be made. */
export class PlannedEntries {
  readonly all: PlannedEntry[] = [];

  get count(): number {
    return this.all.length;
  }

  add(facts: EntryFacts): PlannedEntry {
    const entry = new PlannedEntry(facts);
    this.all.push(entry);
    return entry;
  }

  /**
   * Drops the entries that were planned inside a container that leaves whole. They leave with the container. Only binary
   * stays an entry of its own.
   *
   * @param start the index of the container's first entry
   * @returns the loose values of the dropped entries
   */
  drop(start: number): LooseValues[] {
    const { all } = this;
    const dropped: LooseValues[] = [];
    let end = start;
    for (let i = start; i < all.length; i++) {
      const entry = all[i]!;
      if (entry.kind === "binary") all[end++] = entry;
      else dropped.push(entry.loose);
    }
    all.length = end;
    return dropped;
  }
}
