import { referencedPaths } from "./references.js";

/** What one kind of event has cost so far. */
export interface Tally {
  event: string;
  deliveries: number;
  /** JSON bytes of what the steps gave, had it travelled whole. */
  bytesBefore: number;
  /** JSON bytes that did travel. */
  bytesAfter: number;
  /** References in what travelled. */
  offloaded: number;
  /** Objects that lie in the store. */
  objects: number;
  /** References to an object that another reference leads to as well: in the same pack, or from an earlier step. */
  shared: number;
}

export function emptyTally(event: string): Tally {
  return { event, deliveries: 0, bytesBefore: 0, bytesAfter: 0, offloaded: 0, objects: 0, shared: 0 };
}

/** Follows the payloads of one delivery from step to step. */
export class RunTally {
  private readonly known = new Set<string>();

  constructor(private readonly tally: Tally) {
    tally.deliveries += 1;
  }

  /** Counts what one step gave: the payload as it would be whole, and as it travels. */
  add(whole: unknown, travelling: unknown): void {
    const paths = [...referencedPaths(travelling)];
    this.tally.bytesBefore += jsonBytes(whole);
    this.tally.bytesAfter += jsonBytes(travelling);
    this.tally.offloaded += paths.length;
    for (const path of paths) {
      if (this.known.has(path)) this.tally.shared += 1;
      else this.known.add(path);
    }
  }
}

export function sumTallies(event: string, tallies: readonly Tally[]): Tally {
  const sum = emptyTally(event);
  for (const tally of tallies) {
    sum.deliveries += tally.deliveries;
    sum.bytesBefore += tally.bytesBefore;
    sum.bytesAfter += tally.bytesAfter;
    sum.offloaded += tally.offloaded;
    sum.objects += tally.objects;
    sum.shared += tally.shared;
  }
  return sum;
}

export function jsonBytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}
