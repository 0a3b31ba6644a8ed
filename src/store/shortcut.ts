import { isOwnStore } from "./guard/own-stores.js";
import type { Store } from "./store.js";

/** The methods of a class that does by others what they say. */
export interface Verbs {
  readonly read: unknown;
  readonly write: unknown;
}

/** Those of a class as it was made. */
export function verbsOf(prototype: object): Verbs {
  return { read: Reflect.get(prototype, "read"), write: Reflect.get(prototype, "write") };
}

/** What some stores of ours can do in less time than by the verbs of all stores. */
export class Shortcut<Ways> {
  readonly #known = new WeakMap<Store, { readonly ways: Ways; readonly verbs: Verbs }>();

  /**
   * Says that a store has it.
   *
   * @param verbs those of its class, which it must still have
   */
  declare(store: Store, ways: Ways, verbs: Verbs): void {
    this.#known.set(store, { ways, verbs });
  }

  /**
   * How to ask a store. `undefined` for those without it, among them layers over one that has it, stores of a derived class,
   * and those of which a method was replaced: whoever did that is to be heard.
   */
  of(store: Store): Ways | undefined {
    const { ways, verbs } = this.#known.get(store) ?? {};
    if (ways === undefined || !isOwnStore(store)) return undefined;
    return store.read === verbs?.read && store.write === verbs.write ? ways : undefined;
  }
}
