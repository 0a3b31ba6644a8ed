import type { Part, StoredPlace } from "./byte-tree.js";

/** An object, and the parts of a payload that lie in it. */
export interface Strip {
  readonly object: string;
  /** Bytes up to the end of the last part. The plan does not say what else lies in the object. */
  readonly bytes: number;
  readonly entries: readonly StripEntry[];
}

/** A place in an object, and the parts that share it. */
export interface StripEntry extends StoredPlace {
  readonly parts: readonly Part[];
}

/** Returns the objects that a payload would lead to, in the order of their paths. */
export function strips(root: Part): Strip[] {
  const objects = new Map<string, Map<number, { place: StoredPlace; parts: Part[] }>>();
  const visit = (part: Part): void => {
    if (part.stored !== undefined) {
      const places = objects.get(part.stored.object) ?? new Map<number, { place: StoredPlace; parts: Part[] }>();
      objects.set(part.stored.object, places);
      const known = places.get(part.stored.offset);
      if (known === undefined) places.set(part.stored.offset, { place: part.stored, parts: [part] });
      else known.parts.push(part);
    }
    part.children.forEach(visit);
  };
  visit(root);
  return [...objects]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([object, places]) => stripOf(object, places));
}

function stripOf(object: string, places: ReadonlyMap<number, { place: StoredPlace; parts: Part[] }>): Strip {
  const entries = [...places.values()]
    .map(({ place, parts }) => ({ ...place, parts }))
    .sort((one, other) => one.offset - other.offset);
  const bytes = entries.reduce((end, { offset, size }) => Math.max(end, offset + size), 0);
  return { object, bytes, entries };
}

/**
 * Groups the entries of an object, one group for each rectangle. Neighbours of one kind that are too small share a
 * rectangle.
 *
 * @param least bytes of the smallest entry that can be seen
 */
export function gatherEntries(entries: readonly StripEntry[], least: number): (readonly StripEntry[])[] {
  const gathered: StripEntry[][] = [];
  for (const entry of entries) {
    const open = gathered.at(-1);
    const isSmall = open !== undefined && entry.offset - open[0]!.offset < least && entry.size < least;
    if (isSmall && open[0]!.parts[0]!.kind === entry.parts[0]!.kind) open.push(entry);
    else gathered.push([entry]);
  }
  return gathered;
}
