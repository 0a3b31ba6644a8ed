import type { Collection, Place } from "../reference/collect.js";

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
