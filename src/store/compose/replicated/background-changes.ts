import type { Replica } from "../replicas/replica.js";

/**
 * Changes that are in flight, even if they were acknowledged. They are kept by store, so that a store that hangs does
 * not hold up the others.
 */
export class BackgroundChanges {
  readonly #all = new Set<Promise<unknown>>();
  readonly #ofReplica = new Map<Replica, Set<Promise<unknown>>>();

  /**
   * Adds a change, until it has ended.
   *
   * @param replica the store whose part of a change it is; if absent, the whole change
   */
  add(change: Promise<unknown>, replica?: Replica): void {
    const changes = this.#of(replica);
    const ended = change.catch(() => undefined).finally(() => changes.delete(ended));
    changes.add(ended);
  }

  /** Resolves once nothing is in flight in a store, or in any store if none is given. Never rejects. */
  async idle(replica?: Replica): Promise<void> {
    // A change that begins meanwhile counts too.
    for (const changes = this.#of(replica); changes.size > 0;) await Promise.all(changes);
  }

  #of(replica: Replica | undefined): Set<Promise<unknown>> {
    if (replica === undefined) return this.#all;
    const known = this.#ofReplica.get(replica) ?? new Set();
    this.#ofReplica.set(replica, known);
    return known;
  }
}
