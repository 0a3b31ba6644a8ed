import { isOwnStore } from "./guard/own-stores.js";
import type { Store } from "./store.js";

/** The methods of a class whose work a shortcut does in another way. */
export interface Verbs {
  readonly read: unknown;
  readonly write: unknown;
}

/** Returns these methods of a class. They are taken when the class is made, before anybody can replace them. */
export function verbsOf(prototype: object): Verbs {
  return { read: Reflect.get(prototype, "read"), write: Reflect.get(prototype, "write") };
}

/** A way in which some stores of this library do the work of the common verbs in less time. */
export class Shortcut<Ways> {
  readonly #known = new WeakMap<Store, { readonly ways: Ways; readonly verbs: Verbs }>();

  /**
   * Declares that a store has the shortcut.
   *
   * @param verbs the methods of its class, which the store must still have
   */
  declare(store: Store, ways: Ways, verbs: Verbs): void {
    this.#known.set(store, { ways, verbs });
  }

  /**
   * Returns the shortcut of a store. Returns `undefined` for a store without it, for a layer over a store that has
   * it, and for a store of a derived class. Also returns `undefined` if a method of the store was replaced, since the
   * new method must be called.
   */
  of(store: Store): Ways | undefined {
    const { ways, verbs } = this.#known.get(store) ?? {};
    if (ways === undefined || !isOwnStore(store)) return undefined;
    return store.read === verbs?.read && store.write === verbs.write ? ways : undefined;
  }
}
