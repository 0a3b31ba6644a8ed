import type { Spot } from "../../reference/find-references.js";

/** A reference from one entry to another. */
export interface Link {
  /** Key of the entry that the reference leads to. */
  readonly to: string;
  /** Path of the object that holds this entry. */
  readonly path: string;
  readonly spot: Spot | undefined;
}

interface Visit {
  readonly key: string;
  readonly links: Iterator<Link>;
}

/** A graph of which entries lead to which. */
export class ReferenceGraph {
  private readonly links = new Map<string, Map<string, Link>>();

  add(from: string, link: Link): void {
    const links = this.links.get(from);
    if (links === undefined) this.links.set(from, new Map([[link.to, link]]));
    else if (!links.has(link.to)) links.set(link.to, link);
  }

  /**
   * Yields the links that close a cycle. Without these links there would be no cycle. It does not use recursion,
   * because chains may be long.
   */
  *cycles(): Generator<readonly [from: string, link: Link], void, undefined> {
    const finished = new Set<string>();
    for (const start of this.links.keys()) {
      if (finished.has(start)) continue;
      const visits: Visit[] = [this.begin(start)];
      const inside = new Set([start]);
      for (let visit = visits.at(-1); visit !== undefined; visit = visits.at(-1)) {
        const next = visit.links.next();
        if (next.done === true) {
          inside.delete(visit.key);
          finished.add(visit.key);
          visits.pop();
        } else if (inside.has(next.value.to)) {
          yield [visit.key, next.value];
        } else if (!finished.has(next.value.to)) {
          inside.add(next.value.to);
          visits.push(this.begin(next.value.to));
        }
      }
    }
  }

  private begin(key: string): Visit {
    return { key, links: (this.links.get(key) ?? new Map<string, Link>()).values() };
  }
}
