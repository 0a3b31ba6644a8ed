import type { Replica } from "../replicas/replica.js";

/** Changes that are under way, also when they were acknowledged. A store that hangs is told from those that are through. */
export class BackgroundChanges {
  readonly #all = new Set<Promise<unknown>>();
  readonly #ofReplica = new Map<Replica, Set<Promise<unknown>>>();

  /** @param replica whose part of a change it is; none: the whole of one */
  add(change: Promise<unknown>, replica?: Replica): void {
    const changes = this.#of(replica);
    const ended = change.catch(() => undefined).finally(() => changes.delete(ended));
    changes.add(ended);
  }

  /** Resolves once nothing is under way in a store, or without one: nothing at all. Never rejects. */
  async idle(replica?: Replica): Promise<void> {
    // What begins meanwhile counts too.
    for (const changes = this.#of(replica); changes.size > 0;) await Promise.all(changes);
  }

  #of(replica: Replica | undefined): Set<Promise<unknown>> {
    if (replica === undefined) return this.#all;
    const known = this.#ofReplica.get(replica) ?? new Set();
    this.#ofReplica.set(replica, known);
    return known;
  }
}
